#include "postgres/sql_error.hpp"
