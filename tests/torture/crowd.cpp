#include "torture/crowd.hpp"

#include <algorithm>

namespace luminate::test {

namespace {

// A round that lasts, because something hangs, is not to become so large that reading it takes longer still.
constexpr int kBriskBatches = 50;
constexpr auto kPause = std::chrono::milliseconds(30);

}  // namespace

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

Crowd::Crowd(std::vector<Store> stores, Limits limits) : stores_(std::move(stores)), limits_(limits) {
  rounds_.emplace_back(stores_.size() * kWritersOfAStore);
  const auto join = [this](std::size_t store, int writer) {
    auto& member = *members_.emplace_back(std::make_unique<Member>());
    member.store = static_cast<int>(store);
    member.writer = writer;
  };
  int writer = 0;
  for (std::size_t store = 0; store < stores_.size(); ++store) {
    for (int i = 0; i < kWritersOfAStore; ++i) join(store, writer++);
    join(store, -1);
  }
  for (auto& member : members_) {
    member->thread = std::thread([this, &member = *member] { member.writer >= 0 ? write(member) : read(member); });
  }
}

Crowd::~Crowd() {
  stop();
}

void Crowd::stop() {
  ends_ = true;
  for (auto& member : members_) {
    if (member->thread.joinable()) member->thread.join();
  }
}

Ledger Crowd::ledger_of(int round, int writer) {
  Ledger ledger{.name = "round_" + std::to_string(round), .writer = writer};
  // Small batches and large ones go to the database in different ways.
  ledger.points = writer % kWritersOfAStore == 0 ? 300 : 5;
  return ledger;
}

void Crowd::begin(int round) {
  std::unique_lock lock(mutex_);
  rounds_.resize(static_cast<std::size_t>(round) + 1, std::vector<Books>(stores_.size() * kWritersOfAStore));
  round_ = round;
  progress_.wait(
      lock, [&] { return std::ranges::all_of(members_, [&](const auto& member) { return member->round == round; }); });
}

std::string Crowd::wait_for_answers(int calls, milliseconds at_most) {
  std::unique_lock lock(mutex_);
  for (auto& member : members_) {
    member->calls = 0;
    member->fresh = false;
  }
  const auto done = [&](const auto& member) { return member->calls >= calls; };
  if (progress_.wait_for(lock, at_most, [&] { return std::ranges::all_of(members_, done) || !wrong_.empty(); })) {
    return "";
  }
  std::string late;
  for (const auto& member : members_) {
    if (done(member)) continue;
    late += (member->writer >= 0 ? "writer " + std::to_string(member->writer) : "the reader") + " of store " +
            std::to_string(member->store) + " had " + std::to_string(member->calls) +
            " answers; its last error: " + member->last_error + "; ";
  }
  return late;
}

Crowd::Books Crowd::books_of(int round, int writer) const {
  const std::lock_guard lock(mutex_);
  return rounds_[static_cast<std::size_t>(round)][static_cast<std::size_t>(writer)];
}

std::string Crowd::check(const Store& store, int round) const {
  std::string wrong;
  for (int writer = 0; writer < writers(); ++writer) {
    const Books books = books_of(round, writer);
    const auto give_up = steady_clock::now() + std::chrono::seconds(10);
    do {
      wrong = ledger_of(round, writer).check(store, books.answered, books.in_doubt);
    } while (!wrong.empty() && !books.in_doubt.empty() && steady_clock::now() < give_up);
    if (!wrong.empty()) return wrong + "; in doubt are " + text(books.in_doubt);
  }
  return "";
}

std::string Crowd::check_removed(const Store& store, int round) const {
  for (int writer = 0; writer < writers(); ++writer) {
    const std::string wrong = ledger_of(round, writer).check(store, {}, books_of(round, writer).in_doubt);
    if (!wrong.empty()) return wrong;
  }
  return "";
}

std::uint64_t Crowd::samples(const Store& store, int round) const {
  std::uint64_t samples = 0;
  for (int writer = 0; writer < writers(); ++writer) {
    const Ledger ledger = ledger_of(round, writer);
    for (int which = 0; which < Ledger::kMetrics; ++which) {
      Ledger::Numbers found;
      ledger.read(store, which, found);
      samples += found.size() * static_cast<std::uint64_t>(ledger.points);
    }
  }
  return samples;
}

std::string Crowd::wrong() const {
  const std::lock_guard lock(mutex_);
  return wrong_;
}

Crowd::Counts Crowd::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

void Crowd::fail(const std::string& what) {
  if (wrong_.empty()) wrong_ = what;
  progress_.notify_all();
}

/// @returns whether it was answered; false also when it is in doubt, of which `call` itself is told by an Error.
template <class Call>
bool Crowd::attempt(Member& member, const char* what, milliseconds limit, Call&& call) {
  const auto begin = steady_clock::now();
  std::string failure;
  bool answered = false;
  try {
    call();
    answered = true;
  } catch (const Error& error) {
    const bool timeout = error.code() == ErrorCode::query_timeout && member.writer < 0;
    if (error.code() != ErrorCode::storage_unavailable && !timeout) failure = error.what();
    const std::lock_guard lock(mutex_);
    member.last_error = error.what();
  } catch (const std::exception& error) {
    failure = error.what();
  }
  const auto over = duration_cast<milliseconds>(steady_clock::now() - begin) - limit;
  const std::lock_guard lock(mutex_);
  counts_.longest_over = std::max(counts_.longest_over, over);
  if (!failure.empty()) fail(std::string(what) + " failed with: " + failure);
  if (over > limits_.grace) {
    fail(std::string(what) + " took " + std::to_string(over.count()) + " ms longer than its deadline");
  }
  if (answered && member.fresh) ++member.calls;
  member.fresh = true;
  progress_.notify_all();
  return answered;
}

void Crowd::write(Member& member) {
  while (!ends_) {
    int number = 0;
    {
      const std::lock_guard lock(mutex_);
      member.round = round_;
      number = rounds_[static_cast<std::size_t>(round_)][static_cast<std::size_t>(member.writer)].next++;
    }
    progress_.notify_all();
    if (number > kBriskBatches) std::this_thread::sleep_for(kPause);
    const Ledger ledger = ledger_of(member.round, member.writer);
    bool in_doubt = false;
    const bool answered = attempt(member, "a write", limits_.write, [&] {
      try {
        ledger.write(stores_[static_cast<std::size_t>(member.store)], number);
      } catch (const Error& error) {
        in_doubt = error.in_doubt();
        throw;
      }
    });
    const std::lock_guard lock(mutex_);
    Books& books = rounds_[static_cast<std::size_t>(member.round)][static_cast<std::size_t>(member.writer)];
    if (answered) books.answered.insert(number);
    if (in_doubt) books.in_doubt.insert(number);
    ++(answered ? counts_.answered : in_doubt ? counts_.in_doubt : counts_.failed);
  }
}

void Crowd::read(Member& member) {
  for (int turn = 0; !ends_; ++turn) {
    const int writer = turn % (writers());
    {
      const std::lock_guard lock(mutex_);
      member.round = round_;
    }
    progress_.notify_all();
    const Books before = books_of(member.round, writer);
    Ledger::Numbers found;
    std::string wrong;
    const bool answered = attempt(member, "a query", limits_.query, [&] {
      wrong = ledger_of(member.round, writer).read(stores_[static_cast<std::size_t>(member.store)], turn % 2, found);
    });
    const std::lock_guard lock(mutex_);
    ++(answered ? counts_.reads : counts_.failed_reads);
    if (!answered) continue;
    if (!wrong.empty()) fail(wrong);
    if (!std::ranges::includes(found, before.answered)) {
      fail("batches " + text(before.answered) + " were answered, but a reader finds " + text(found));
    }
  }
}

}  // namespace luminate::test
