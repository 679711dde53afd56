#pragma once

#include <luminate/store.hpp>

#include <string>

namespace luminate::sqlite {

/// backup_file() of maintenance.hpp.
void back_up_file(const std::string& from, const std::string& to, const BackupOptions& options);

}  // namespace luminate::sqlite
