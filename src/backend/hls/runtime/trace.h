// Shows integer tensors on the way to a test bench, written by qonnx-mlir. Synthesis sees nothing of it.
#ifndef QONNX_TRACE_H
#define QONNX_TRACE_H

#ifdef __SYNTHESIS__

#define QONNX_TRACE(node, array, size)

#else

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace qonnx_trace {

// Tensors by the ONNX node that made them, in the order they were computed.
typedef std::vector<std::pair<std::string, std::vector<int64_t> > > Tensors;

// Where tensors are collected; null while nobody looks.
inline Tensors *&sink() {
    static Tensors *tensors = 0;
    return tensors;
}

inline int64_t number(int64_t value) { return value; }
template <class Word> int64_t number(const Word &word) { return word.to_int64(); }

template <class Word> void show(const char *node, const Word *array, size_t size) {
    if (!sink()) return;
    std::vector<int64_t> values(size);
    for (size_t i = 0; i < size; ++i) values[i] = number(array[i]);
    sink()->push_back(std::make_pair(std::string(node), values));
}

} // namespace qonnx_trace

#define QONNX_TRACE(node, array, size) qonnx_trace::show(node, array, size)

#endif // __SYNTHESIS__

#endif // QONNX_TRACE_H
