/* clang: libclang's C API, loaded when it is first needed: linking it would cost every start 150 ms before the first
 * reply. Each member is the function of that name behind clang_. */
#ifndef OTO_CLANG_H
#define OTO_CLANG_H

#include <clang-c/Index.h>

#define CLANG_FUNCTIONS(X)                                                                                             \
    X(createIndex)                                                                                                     \
    X(disposeIndex)                                                                                                    \
    X(parseTranslationUnit2)                                                                                           \
    X(disposeTranslationUnit)                                                                                          \
    X(getNumDiagnostics) X(getDiagnostic) X(disposeDiagnostic) X(getDiagnosticSeverity) X(getDiagnosticSpelling) X(    \
        getDiagnosticLocation) X(getDiagnosticOption) X(getDiagnosticNumFixIts) X(getDiagnosticFixIt)                  \
        X(getChildDiagnostics) X(getNumDiagnosticsInSet) X(getDiagnosticInSet) X(disposeDiagnosticSet) X(              \
            getCString) X(disposeString) X(getPresumedLocation) X(getExpansionLocation) X(getSpellingLocation)         \
            X(getFileLocation) X(Location_isInSystemHeader) X(Location_isFromMainFile) X(getRangeStart) X(getRangeEnd) \
                X(getTranslationUnitCursor) X(visitChildren) X(getCursorKind) X(getCursorLocation) X(getCursorExtent)  \
                    X(getCursorSpelling) X(getCursorType) X(getCanonicalType) X(getTypeSpelling) X(getUnqualifiedType) \
                        X(getPointeeType) X(getArrayElementType) X(getArraySize) X(getElementType) X(getNumElements)   \
                            X(Type_getSizeOf) X(getTypeDeclaration) X(Type_visitFields) X(Cursor_getOffsetOfField) X(  \
                                Cursor_isBitField) X(getFieldDeclBitWidth) X(Cursor_isAnonymous) X(isCursorDefinition) \
                                X(getCursorDefinition) X(getEnumConstantDeclValue) X(getEnumDeclIntegerType) X(        \
                                    Cursor_getStorageClass) X(getSkippedRanges) X(disposeSourceRangeList) X(getFile)   \
                                    X(getFileName) X(getCursorReferenced) X(getCursor) X(getLocationForOffset) X(      \
                                        codeCompleteAt) X(disposeCodeCompleteResults) X(getCompletionAvailability)     \
                                        X(getNumCompletionChunks) X(getCompletionChunkKind) X(getCompletionChunkText)  \
                                            X(Cursor_getRawCommentText) X(Cursor_Evaluate) X(EvalResult_dispose)       \
                                                X(isExpression) X(isStatement) X(isDeclaration) X(equalCursors)        \
                                                    X(Type_getValueType) X(isConstQualifiedType)                       \
                                                        X(getCursorSemanticParent) X(Cursor_getNumArguments)           \
                                                            X(Cursor_getArgument) X(getCursorResultType) X(isInvalid)  \
                                                                X(reparseTranslationUnit)                              \
                                                                    X(defaultCodeCompleteOptions)                      \
                                                                        X(toggleCrashRecovery)                         \
                                                                            X(getCursorBinaryOperatorKind)             \
                                                                                X(EvalResult_getAsLongLong)            \
                                                                                    X(getCursorPrettyPrinted)          \
                                                                                        X(getCursorPrintingPolicy)     \
                                                                                            X(PrintingPolicy_dispose) X(getFileContents)

struct clang {
#define CLANG_MEMBER(name) typeof(clang_##name) *name;
    CLANG_FUNCTIONS(CLANG_MEMBER)
#undef CLANG_MEMBER
};

/* The loaded functions; ends the process with a message when libclang is not installed. Thread-safe. */
const struct clang *clang_load(void);

#endif
