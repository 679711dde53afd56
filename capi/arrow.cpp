#include <luminate.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "arrow_abi.hpp"
#include "guard.hpp"
#include "result.hpp"
#include "table.hpp"

// The Arrow C stream interface. Every structure that is handed out keeps what it shows by a share of its own, so that
// a consumer may take children out of their parent and release all of them in any order.
namespace luminate::capi {
namespace {

/// A table as Arrow wants it: beside its columns the validity of texts, and the places of their dictionary.
struct View {
  struct Texts {
    std::vector<std::uint8_t> validity{};  ///< Empty: all are there.
    std::int64_t missing = 0;
    std::vector<std::int32_t> places{};
  };
  explicit View(std::shared_ptr<const Table> shown);

  std::shared_ptr<const Table> table;
  std::vector<Texts> texts;  ///< One a column; empty for others than texts.
};

View::Texts texts_view(const TextColumn& column) {
  if (column.texts.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
    throw Error(ErrorCode::result_limit_exceeded, "a column has more than 2 GiB of distinct texts; ask for less");
  }
  View::Texts view;
  view.places.reserve(column.count() + 1);
  view.places.push_back(0);
  for (const std::size_t end : column.ends) view.places.push_back(static_cast<std::int32_t>(end));
  if (!column.has_missing) return view;
  view.validity.assign((column.codes.size() + 7) / 8, 0);
  for (std::size_t row = 0; row < column.codes.size(); ++row) {
    if (column.codes[row] == TextColumn::kMissing) {
      ++view.missing;
    } else {
      view.validity[row / 8] = static_cast<std::uint8_t>(view.validity[row / 8] | 1U << row % 8);
    }
  }
  return view;
}

View::View(std::shared_ptr<const Table> shown) : table(std::move(shown)) {
  for (const Column& column : table->columns) {
    const auto* text = std::get_if<TextColumn>(&column.data);
    texts.push_back(text == nullptr ? Texts{} : texts_view(*text));
  }
}

using Shared = std::shared_ptr<const View>;

/// What stands behind a schema or an array: the share, and the structures below it.
template <class Structure>
struct Owner {
  Shared view;
  std::vector<Structure> children{};
  std::vector<Structure*> child_pointers{};
  Structure dictionary{};
  const void* buffers[3] = {nullptr, nullptr, nullptr};
  std::string name{};

  ~Owner() {
    for (Structure& child : children) release_if_held(child);
    release_if_held(dictionary);
  }
  static void release_if_held(Structure& structure) noexcept {
    if (structure.release != nullptr) structure.release(&structure);
  }
};

template <class Structure>
void release(Structure* structure) {
  delete static_cast<Owner<Structure>*>(structure->private_data);
  structure->release = nullptr;
  structure->private_data = nullptr;
}

/// Hands a structure its owner. Nothing may fail from here on.
template <class Structure>
void hold(Structure& out, std::unique_ptr<Owner<Structure>> owner) noexcept {
  out.n_children = static_cast<std::int64_t>(owner->child_pointers.size());
  out.children = owner->child_pointers.empty() ? nullptr : owner->child_pointers.data();
  out.dictionary = owner->dictionary.release == nullptr ? nullptr : &owner->dictionary;
  out.release = release<Structure>;
  out.private_data = owner.release();
}

template <class Structure>
std::unique_ptr<Owner<Structure>> make_owner(const Shared& view, std::size_t children = 0) {
  auto owner = std::make_unique<Owner<Structure>>();
  owner->view = view;
  owner->children.resize(children);
  for (Structure& child : owner->children) owner->child_pointers.push_back(&child);
  return owner;
}

const char* format_of(const Column& column) noexcept {
  switch (column.type) {
    case LUMINATE_NUMBER:
      return "g";
    case LUMINATE_TIME:
      return "tsm:UTC";
    case LUMINATE_TEXT:
      return "i";
    default:
      return "l";
  }
}

void fill_schema(ArrowSchema& out, const char* format, std::unique_ptr<Owner<ArrowSchema>> owner,
                 std::int64_t flags = 0) noexcept {
  out = {};
  out.format = format;
  out.name = owner->name.c_str();
  out.flags = flags;
  hold(out, std::move(owner));
}

void make_schema(ArrowSchema& out, const Shared& view) {
  const auto& columns = view->table->columns;
  auto owner = make_owner<ArrowSchema>(view, columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    auto child = make_owner<ArrowSchema>(view);
    child->name = columns[i].name;
    const bool is_text = columns[i].type == LUMINATE_TEXT;
    if (is_text) fill_schema(child->dictionary, "u", make_owner<ArrowSchema>(view));
    fill_schema(owner->children[i], format_of(columns[i]), std::move(child), is_text ? ARROW_FLAG_NULLABLE : 0);
  }
  fill_schema(out, "+s", std::move(owner));
}

void fill_array(ArrowArray& out, std::size_t length, std::int64_t nulls, std::int64_t buffers,
                std::unique_ptr<Owner<ArrowArray>> owner) noexcept {
  out = {};
  out.length = static_cast<std::int64_t>(length);
  out.null_count = nulls;
  out.n_buffers = buffers;
  out.buffers = owner->buffers;
  hold(out, std::move(owner));
}

/// Consumers may expect that a buffer is somewhere, though nothing be in it.
template <class Data>
const void* somewhere(const Data& data) noexcept {
  static constexpr std::uint64_t kNothing = 0;
  return data.empty() ? static_cast<const void*>(&kNothing) : data.data();
}

void make_column(ArrowArray& out, const Shared& view, std::size_t i) {
  const Column& column = view->table->columns[i];
  auto owner = make_owner<ArrowArray>(view);
  if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&column.data)) {
    owner->buffers[1] = somewhere(*integers);
  } else if (const auto* numbers = std::get_if<std::vector<double>>(&column.data)) {
    owner->buffers[1] = somewhere(*numbers);
  } else {
    const auto& texts = std::get<TextColumn>(column.data);
    const View::Texts& beside = view->texts[i];
    auto dictionary = make_owner<ArrowArray>(view);
    dictionary->buffers[1] = beside.places.data();
    dictionary->buffers[2] = somewhere(texts.texts);
    fill_array(owner->dictionary, texts.count(), 0, 3, std::move(dictionary));
    owner->buffers[0] = beside.missing > 0 ? beside.validity.data() : nullptr;
    owner->buffers[1] = somewhere(texts.codes);
  }
  fill_array(out, view->table->rows, view->texts[i].missing, 2, std::move(owner));
}

void make_batch(ArrowArray& out, const Shared& view) {
  auto owner = make_owner<ArrowArray>(view, view->table->columns.size());
  for (std::size_t i = 0; i < owner->children.size(); ++i) make_column(owner->children[i], view, i);
  fill_array(out, view->table->rows, 0, 1, std::move(owner));
}

/// What stands behind a stream.
struct Stream {
  Shared view;
  bool is_over = false;
  const char* failure = nullptr;

  /// Memory is all that may be missing.
  template <class Make>
  int run(const Make& make) noexcept {
    failure = nullptr;
    try {
      make();
      return 0;
    } catch (...) {
      failure = "memory ran out; free some and try again";
      return ENOMEM;
    }
  }
};

Stream& behind(ArrowArrayStream* stream) noexcept {
  return *static_cast<Stream*>(stream->private_data);
}

int get_schema(ArrowArrayStream* stream, ArrowSchema* out) {
  *out = {};
  return behind(stream).run([&] { make_schema(*out, behind(stream).view); });
}

int get_next(ArrowArrayStream* stream, ArrowArray* out) {
  *out = {};
  Stream& state = behind(stream);
  if (state.is_over) return 0;
  return state.run([&] {
    make_batch(*out, state.view);
    state.is_over = true;
  });
}

const char* get_last_error(ArrowArrayStream* stream) {
  return behind(stream).failure;
}

void release_stream(ArrowArrayStream* stream) {
  delete static_cast<Stream*>(stream->private_data);
  stream->release = nullptr;
  stream->private_data = nullptr;
}

}  // namespace
}  // namespace luminate::capi

using namespace luminate::capi;  // NOLINT

extern "C" luminate_status luminate_result_arrow(const luminate_result* result, struct ArrowArrayStream* stream,
                                                 luminate_error** error) {
  clear(stream);
  return guarded(error, [&] {
    need(stream, "stream");
    auto state = std::make_unique<Stream>();
    state->view = std::make_shared<const View>(need(result, "result").table);
    *stream = {get_schema, get_next, get_last_error, release_stream, state.release()};
  });
}
