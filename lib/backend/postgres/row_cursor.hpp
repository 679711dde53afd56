#pragma once

#include "postgres/transaction.hpp"

namespace luminate::postgres {

/// Reads what a statement gives piece by piece, so that neither side has to hold it: a cursor of the server, which goes
/// with the transaction. One at a time in a transaction.
class RowCursor {
 public:
  RowCursor(Transaction& transaction, Statement select);

  /// The next rows; none behind the last.
  Rows next(Transaction& transaction);

 private:
  bool over_ = false;
};

}  // namespace luminate::postgres
