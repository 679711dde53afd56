#include <luminate.h>
#include <luminate/store.hpp>
#include <luminate/version.hpp>

#include <memory>
#include <utility>

#include "call.hpp"
#include "guard.hpp"
#include "options.hpp"

using namespace luminate::capi;  // NOLINT
using luminate::Store;

extern "C" {

const char* luminate_version(void) {
  return LUMINATE_VERSION;
}

luminate_status luminate_store_open(const char* url, size_t url_size, const luminate_options* options,
                                    luminate_store** store, luminate_error** error) {
  clear(store);
  return guarded(error, [&] {
    need(store, "store");
    const std::string_view where = need_text(url, url_size, "url");
    Store opened = Store::open(where, options == nullptr ? luminate::Options{} : options->options);
    *store = std::make_unique<luminate_store>(std::move(opened)).release();
  });
}

luminate_status luminate_store_tenant(const luminate_store* store, const char* tenant, size_t tenant_size,
                                      luminate_store** narrowed, luminate_error** error) {
  clear(narrowed);
  return guarded(error, [&] {
    need(narrowed, "narrowed");
    Store seen = need(store, "store").store.tenant(need_text(tenant, tenant_size, "tenant"));
    *narrowed = std::make_unique<luminate_store>(std::move(seen)).release();
  });
}

luminate_status luminate_store_close(luminate_store* store, luminate_error** error) {
  return guarded(error, [&] { need(store, "store").store.close(); });
}

void luminate_store_destroy(luminate_store* store) {
  const NotCancelled until_here;
  delete store;
}

}  // extern "C"
