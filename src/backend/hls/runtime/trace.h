// What simulation needs and synthesis does not see, written by qonnx-mlir: integer tensors on the way are shown to a test
// bench, and large arrays are not on the stack.
#ifndef QONNX_TRACE_H
#define QONNX_TRACE_H

#ifdef __SYNTHESIS__

#define QONNX_TRACE(key, name, array, size)
#define QONNX_TRACE_ORDERED(key, name, array, ...)
#define QONNX_LARGE

#else

#define QONNX_LARGE static thread_local

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace qonnx_trace {

// What an ONNX node made. Names are for people: several nodes may have one name, but each has a key of its own.
struct Tensor {
    size_t key;
    std::string name;
    std::vector<int64_t> values;
};

// In the order they were computed.
typedef std::vector<Tensor> Tensors;

// Where tensors are collected; null while nobody looks.
inline Tensors *&sink() {
    static Tensors *tensors = 0;
    return tensors;
}

inline int64_t number(int64_t value) { return value; }
template <class Word> int64_t number(const Word &word) { return word.to_int64(); }

template <class Word> void show(size_t key, const char *name, const Word *array, size_t size) {
    if (!sink()) return;
    Tensor tensor = {key, name, std::vector<int64_t>(size)};
    for (size_t i = 0; i < size; ++i) tensor.values[i] = number(array[i]);
    sink()->push_back(tensor);
}

// The array holds a tensor in another order: `steps` has the extent of each dimension of the tensor and how far apart
// neighbours along it are in the array.
template <class Word>
void show_ordered(size_t key, const char *name, const Word *array, std::initializer_list<size_t> steps) {
    if (!sink()) return;
    Tensor tensor = {key, name, std::vector<int64_t>()};
    std::vector<size_t> places(1, 0);
    for (const size_t *step = steps.begin(); step != steps.end(); step += 2) {
        std::vector<size_t> inner;
        for (size_t place : places)
            for (size_t i = 0; i < step[0]; ++i) inner.push_back(place + i * step[1]);
        places.swap(inner);
    }
    for (size_t place : places) tensor.values.push_back(number(array[place]));
    sink()->push_back(tensor);
}

} // namespace qonnx_trace

#define QONNX_TRACE_ORDERED(key, name, array, ...) qonnx_trace::show_ordered(key, name, array, {__VA_ARGS__})
#define QONNX_TRACE(key, name, array, size) qonnx_trace::show(key, name, array, size)

#endif // __SYNTHESIS__

#endif // QONNX_TRACE_H
