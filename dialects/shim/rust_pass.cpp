//===- rust_pass.cpp - passes written in Rust, in MLIR's own registry -------------------------------===//
//
// The C API can create an external pass but cannot register one, so pipeline texts could not name it, and
// external passes have no options. `RustPass` supplies both; everything else about a pass is in Rust.

#include "mlir/CAPI/IR.h"
#include "mlir/CAPI/Registration.h"
#include "mlir/CAPI/Support.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "qonnx-c.h"

namespace {

class RustPass final : public mlir::Pass {
public:
  RustPass(const QonnxPassInfo *info, mlir::TypeID id)
      : Pass(id, info->anchor.length ? std::optional<llvm::StringRef>(unwrap(info->anchor)) : std::nullopt),
        info(info) {
    declareOptions();
  }
  // MLIR clones a pass after initialize(), once for each thread, so the Rust state is cloned with it.
  RustPass(const RustPass &other) : Pass(other), info(other.info) {
    declareOptions();
    copyOptionValuesFrom(&other);
    if (other.state)
      state = qonnxRustPassClone(info->vtable, other.state);
  }
  ~RustPass() override {
    if (state)
      qonnxRustPassDrop(info->vtable, state);
  }

  llvm::StringRef getName() const override { return unwrap(info->name); }
  llvm::StringRef getArgument() const override { return unwrap(info->argument); }
  llvm::StringRef getDescription() const override { return unwrap(info->description); }
  std::unique_ptr<mlir::Pass> clonePass() const override { return std::make_unique<RustPass>(*this); }
  bool canScheduleOn(mlir::RegisteredOperationName op) const override {
    return !info->anchor.length || op.getStringRef() == unwrap(info->anchor);
  }
  // A Rust pass may build ops of every dialect of the project.
  void getDependentDialects(mlir::DialectRegistry &registry) const override {
    qonnxRegisterDialects(wrap(&registry));
  }

  llvm::LogicalResult initialize(mlir::MLIRContext *context) override {
    std::string text;
    for (auto &option : options)
      text += (option->getArgStr() + "=" + option->getValue() + " ").str();
    void *fresh = qonnxRustPassMake(info->vtable, mlirStringRefCreate(text.data(), text.size()),
                                    wrap(mlir::Location(mlir::UnknownLoc::get(context))));
    if (!fresh)
      return llvm::failure();
    if (state)
      qonnxRustPassDrop(info->vtable, state);
    state = fresh;
    return llvm::success();
  }

  void runOnOperation() override {
    if (!qonnxRustPassRun(info->vtable, state, wrap(getOperation())))
      signalPassFailure();
  }

private:
  // Real Option objects, so that --help, --dump-pass-pipeline and crash reproducers print them
  // (printAsTextualPipeline is not virtual).
  void declareOptions() {
    for (size_t i = 0; i < info->optionCount; ++i)
      options.push_back(std::make_unique<Option<std::string>>(
          *this, unwrap(info->options[i].name), llvm::cl::desc(unwrap(info->options[i].description)),
          llvm::cl::init(unwrap(info->options[i].defaultValue).str())));
  }

  const QonnxPassInfo *info;
  void *state = nullptr;
  std::vector<std::unique_ptr<Option<std::string>>> options;
};

} // namespace

void qonnxRegisterPass(const QonnxPassInfo *info) {
  // Pass ids are compared by address for as long as the process lives.
  static std::vector<std::unique_ptr<mlir::SelfOwningTypeID>> ids;
  ids.push_back(std::make_unique<mlir::SelfOwningTypeID>());
  mlir::TypeID id = *ids.back();
  mlir::registerPass([info, id] { return std::unique_ptr<mlir::Pass>(new RustPass(info, id)); });
}

void qonnxRegisterPipeline(MlirStringRef argument, MlirStringRef description, MlirStringRef passes) {
  std::string text = unwrap(passes).str();
  // The registry keeps a pointer to these functions' captures, not to the strings of the caller.
  mlir::registerPassPipeline(
      unwrap(argument), unwrap(description),
      [text](mlir::OpPassManager &manager, llvm::StringRef options,
             llvm::function_ref<llvm::LogicalResult(const llvm::Twine &)> error) -> llvm::LogicalResult {
        if (!options.empty())
          return error("the pipeline takes no options");
        return mlir::parsePassPipeline(text, manager);
      },
      [](llvm::function_ref<void(const mlir::detail::PassOptions &)>) {});
}
