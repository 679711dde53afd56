#pragma once

#include <luminate/options.hpp>

#include <memory>

namespace luminate::backend {

class Backend;

/// The backend behind `memory:`, gone with the object. Maps of maps under one mutex: good for tests and throw-away
/// stores, and the reference that every other backend is compared with.
std::unique_ptr<Backend> open_memory(const Options& options);

}  // namespace luminate::backend
