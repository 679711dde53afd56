#include <luminate/validator.hpp>

#include <luminate.h>

#include <memory>

#include "batch.hpp"
#include "guard.hpp"
#include "handle.hpp"
#include "options.hpp"
#include "refused_table.hpp"
#include "result.hpp"

struct luminate_validator : luminate::capi::Handle {
  explicit luminate_validator(const luminate::PointLimits& limits) : validator(limits) {}
  luminate::Validator validator;
};

using namespace luminate::capi;  // NOLINT

extern "C" {

luminate_status luminate_validator_create(const luminate_options* options, luminate_validator** validator,
                                          luminate_error** error) {
  clear(validator);
  return guarded(error, [&] {
    need(validator, "validator");
    const auto limits = options == nullptr ? luminate::PointLimits{} : options->options.points;
    *validator = std::make_unique<luminate_validator>(limits).release();
  });
}

luminate_status luminate_validator_check(const luminate_validator* validator, const luminate_batch* batch,
                                         int64_t now_ms, luminate_result** refused, luminate_error** error) {
  clear(refused);
  return guarded(error, [&] {
    need(refused, "refused");
    const auto verdicts = need(validator, "validator").validator.check(need(batch, "batch").batch, now_ms);
    if (!verdicts.empty()) *refused = hand_out(refused_table(verdicts));
  });
}

void luminate_validator_destroy(luminate_validator* validator) {
  delete validator;
}

}  // extern "C"
