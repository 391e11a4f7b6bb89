#include "kernel/compiler/compile.h"

#include <clang/Basic/DiagnosticOptions.h>
#include <clang/CodeGen/CodeGenAction.h>
#include <clang/Driver/Compilation.h>
#include <clang/Driver/Driver.h>
#include <clang/Driver/Job.h>
#include <clang/Frontend/CompilerInstance.h>
#include <clang/Frontend/CompilerInvocation.h>
#include <clang/Frontend/TextDiagnosticPrinter.h>
#include <llvm/Analysis/LoopNestAnalysis.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Passes/PassPlugin.h>
#include <llvm/Support/CommandLine.h>
#include <llvm/Support/ErrorHandling.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/VirtualFileSystem.h>
#include <llvm/TargetParser/Host.h>
#include <llvm/Transforms/Scalar/LoopPassManager.h>
#include <llvm/Transforms/Scalar/LoopUnrollAndJamPass.h>
#include <new>

using namespace llvm;

/* Debian's archives of clang ask for Polly, a set of passes that only a flag of its own turns on. */
PassPluginLibraryInfo getPollyPluginInfo() {
    return {LLVM_PLUGIN_API_VERSION, "Polly", "left out", [](PassBuilder &) {}};
}

namespace {

const char main_path[] = "/oto-main.c", unit_path[] = "/oto-unit.c";
const char main_text[] = "#include \"/oto-unit.c\"\n";

/* A file that exists only here. */
class TextFile : public vfs::File {
    vfs::Status status_;
    StringRef text_;

  public:
    TextFile(StringRef path, StringRef text)
        : status_(path, sys::fs::UniqueID(~0ull, path.size() + text.size()), sys::TimePoint<>(), 0, 0, text.size(),
                  sys::fs::file_type::regular_file, sys::fs::perms::all_read),
          text_(text) {}
    ErrorOr<vfs::Status> status() override { return status_; }
    ErrorOr<std::unique_ptr<MemoryBuffer>> getBuffer(const Twine &name, int64_t, bool, bool) override {
        return MemoryBuffer::getMemBufferCopy(text_, name);
    }
    std::error_code close() override { return {}; }
};

/* The real files, and two more: the main file, and the unit that it includes. clang looks at the unit only when it has
 * read all that comes before; that is when its text is asked for. */
class UnitFileSystem : public vfs::ProxyFileSystem {
    bytes (*next_)(void *);
    void *context_;
    bool asked_ = false;
    StringRef unit_;

    std::unique_ptr<TextFile> own(StringRef path) {
        if (path == main_path) return std::make_unique<TextFile>(main_path, main_text);
        if (path != unit_path) return nullptr;
        if (!asked_) {
            bytes text = next_(context_);
            unit_ = StringRef(text.data, text.size);
            asked_ = true;
        }
        return std::make_unique<TextFile>(unit_path, unit_);
    }

  public:
    UnitFileSystem(bytes (*next)(void *), void *context)
        : ProxyFileSystem(vfs::getRealFileSystem()), next_(next), context_(context) {}
    ErrorOr<vfs::Status> status(const Twine &path) override {
        if (auto file = own(path.str())) return file->status();
        return ProxyFileSystem::status(path);
    }
    ErrorOr<std::unique_ptr<vfs::File>> openFileForRead(const Twine &path) override {
        if (auto file = own(path.str())) return file;
        return ProxyFileSystem::openFileForRead(path);
    }
};

void (*memory_is_gone)(void);

[[noreturn]] void out_of_memory() {
    memory_is_gone();
    abort();
}

/* The driver's flags -> those of the compiler proper; false when it refuses them. */
bool understand(const char *clang, char *const *flags, clang::CompilerInvocation &invocation,
                clang::DiagnosticsEngine &diagnostics) {
    clang::driver::Driver driver(clang, sys::getDefaultTargetTriple(), diagnostics);
    driver.setCheckInputsExist(false);
    SmallVector<const char *, 64> words{"clang"};
    while (*flags) words.push_back(*flags++);
    words.append({"-x", "c", "-c", "-o", "-", main_path});
    std::unique_ptr<clang::driver::Compilation> compilation(driver.BuildCompilation(words));
    if (!compilation || diagnostics.hasErrorOccurred() || compilation->getJobs().size() != 1) return false;
    /* the first word is -cc1 */
    auto arguments = compilation->getJobs().begin()->getArguments();
    return clang::CompilerInvocation::CreateFromArgs(invocation, ArrayRef(arguments).drop_front(), diagnostics);
}

/* A sum of floats may not be reordered, so LLVM does not vectorise the loop that makes it. When there is a loop around,
 * several of its turns can be made side by side, each sum in its order: a vector of sums, as gcc makes it. LLVM has the
 * pass, but would run it on all nests and after vectorising, where it costs other loops their speed and mistakes what
 * vectors depend on. Only with -allow-unroll-and-jam it does anything. */
struct SumsSideBySide : PassInfoMixin<SumsSideBySide> {
    static bool makes_sum(const Loop &loop) {
        for (const PHINode &value : loop.getHeader()->phis()) {
            auto *next = dyn_cast<Instruction>(value.getIncomingValueForBlock(loop.getLoopLatch()));
            if (value.getType()->isFloatingPointTy() && next && !next->hasAllowReassoc()) return true;
        }
        return false;
    }
    PreservedAnalyses run(LoopNest &nest, LoopAnalysisManager &analyses, LoopStandardAnalysisResults &results,
                          LPMUpdater &updater) {
        for (Loop *loop : nest.getLoops())
            if (loop->isInnermost() && loop->getParentLoop() && makes_sum(*loop))
                return LoopUnrollAndJamPass(3).run(nest, analyses, results, updater);
        return PreservedAnalyses::all();
    }
    static void add(PassBuilder &builder) {
        builder.registerVectorizerStartEPCallback([](FunctionPassManager &passes, OptimizationLevel level) {
            if (level == OptimizationLevel::O3) passes.addPass(createFunctionToLoopPassAdaptor(SumsSideBySide()));
        });
    }
};

struct messages {
    std::string text;
    raw_string_ostream stream{text};
    IntrusiveRefCntPtr<clang::DiagnosticOptions> options{new clang::DiagnosticOptions};

    clang::DiagnosticsEngine engine() {
        return clang::DiagnosticsEngine(new clang::DiagnosticIDs, options,
                                        new clang::TextDiagnosticPrinter(stream, options.get()));
    }
    bytes said() { return {text.data(), text.size()}; }
};

} // namespace

bool compile_check(const char *clang, char *const *flags, bytes *said) {
    auto &messages = *new struct messages;
    auto engine = messages.engine();
    clang::CompilerInvocation invocation;
    bool accepted = understand(clang, flags, invocation, engine);
    *said = messages.said();
    return accepted;
}

void compile_unit(const char *clang, char *const *flags, bytes (*next)(void *), void *context, void (*no_memory)(void),
                  compiled *compiled) {
    memory_is_gone = no_memory;
    std::set_new_handler(out_of_memory);
    install_bad_alloc_error_handler([](void *, const char *, bool) { out_of_memory(); });
    InitializeNativeTarget();
    InitializeNativeTargetAsmPrinter();
    InitializeNativeTargetAsmParser();

    /* The process ends with its one compilation: nothing of it is freed. */
    auto &messages = *new struct messages;
    auto &instance = *new clang::CompilerInstance;
    auto &object = *new SmallVector<char, 0>;
    auto engine = messages.engine();
    *compiled = {};
    if (understand(clang, flags, instance.getInvocation(), engine)) {
        std::vector<const char *> words{"clang"};
        for (auto &word : instance.getFrontendOpts().LLVMArgs) words.push_back(word.c_str());
        cl::ParseCommandLineOptions((int)words.size(), words.data());
        instance.getCodeGenOpts().PassBuilderCallbacks.push_back(SumsSideBySide::add);
        instance.createDiagnostics(new clang::TextDiagnosticPrinter(messages.stream, &instance.getDiagnosticOpts()));
        instance.createFileManager(makeIntrusiveRefCnt<UnitFileSystem>(next, context));
        instance.setVerboseOutputStream(messages.stream);
        instance.setOutputStream(std::make_unique<raw_svector_ostream>(object));
        compiled->succeeded = instance.ExecuteAction(*new clang::EmitObjAction);
    }
    compiled->object = {object.data(), object.size()};
    compiled->said = messages.said();
}
