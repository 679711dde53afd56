#pragma once

#include <luminate/store.hpp>

#include <chrono>
#include <functional>
#include <string_view>

#include "server/api/backup_runner.hpp"
#include "server/api/query_registry.hpp"
#include "server/api/router.hpp"
#include "server/http/message.hpp"

// What each path does: thin functions from a store and a request to a response. They throw luminate::Error, which Api
// turns into answers. docs/http-api.md describes them for users.
namespace luminate::server::api {

/// POST /api/v1/write
http::Response write(Store& store, const http::Request& request);

/// POST /api/v1/query
http::Response query(Store& store, const http::Request& request, QueryRegistry& queries);

/// GET /api/v1/metrics
http::Response list_metrics(Store& store, const http::Request& request);
/// GET /api/v1/metrics/{name}/dimensions
http::Response list_dimensions(Store& store, const http::Request& request, std::string_view metric);
/// GET /api/v1/metrics/{name}/dimensions/{key}/values
http::Response list_values(Store& store, const http::Request& request, std::string_view metric, std::string_view key);

/// DELETE /api/v1/admin/metrics/{name}
http::Response delete_samples(Store& store, const http::Request& request, std::string_view metric);

/// GET /api/v1/admin/retention
http::Response list_retention(Store& store, const http::Request& request);
/// POST /api/v1/admin/retention
http::Response set_retention(Store& store, const http::Request& request);
/// DELETE /api/v1/admin/retention
http::Response remove_retention(Store& store, const http::Request& request);

/// GET /api/v1/admin/cardinality
http::Response cardinality(Store& store, const http::Request& request);

/// GET /api/v1/admin/queries
http::Response list_queries(const QueryRegistry& queries, const http::Request& request, const Grant& grant);
/// DELETE /api/v1/admin/queries/{id}
http::Response cancel_query(QueryRegistry& queries, const http::Request& request, const Grant& grant,
                            std::string_view id);

/// POST /api/v1/admin/backup
http::Response start_backup(Store& store, BackupRunner& backups, const http::Request& request);
/// GET /api/v1/admin/backup
http::Response show_backup(const BackupRunner& backups, const http::Request& request);

/// GET /api/v1/health
http::Response health(const Health& health, std::chrono::seconds uptime);

}  // namespace luminate::server::api
