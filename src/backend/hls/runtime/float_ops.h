// Float operations of the host part, written by qonnx-mlir.
//
// Each computes exactly what the compiler's reference interpreter computes: sums accumulate in double in ascending
// order and are rounded to float once, elementwise operations are rounded once. Compile with -ffp-contract=off.
#ifndef QONNX_FLOAT_OPS_H
#define QONNX_FLOAT_OPS_H

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace float_ops {

typedef std::vector<float> Floats;
typedef std::vector<int64_t> Integers;
typedef std::vector<size_t> Shape;

inline size_t count(const Shape &shape) {
    size_t n = 1;
    for (size_t extent : shape) n *= extent;
    return n;
}

// Position in a tensor of `shape` that broadcasting reads for position `at` of a tensor of `result`.
inline size_t broadcast_index(const Shape &shape, const Shape &result, size_t at) {
    size_t index = 0, stride = 1;
    for (size_t back = 1; back <= result.size(); ++back) {
        const size_t extent = result[result.size() - back];
        const size_t position = at % extent;
        at /= extent;
        if (back <= shape.size()) {
            const size_t own = shape[shape.size() - back];
            if (own != 1) index += position * stride;
            stride *= own;
        }
    }
    return index;
}

template <class Function> Floats map(const Floats &x, Function function) {
    Floats y(x.size());
    for (size_t i = 0; i < x.size(); ++i) y[i] = static_cast<float>(function(static_cast<double>(x[i])));
    return y;
}

template <class Function>
Floats zip(const Floats &a, const Shape &a_shape, const Floats &b, const Shape &b_shape, const Shape &shape,
           Function function) {
    Floats y(count(shape));
    for (size_t i = 0; i < y.size(); ++i) {
        const double left = a[broadcast_index(a_shape, shape, i)];
        const double right = b[broadcast_index(b_shape, shape, i)];
        y[i] = static_cast<float>(function(left, right));
    }
    return y;
}

inline double round_ties_even(double x) {
    const double below = std::floor(x), rest = x - below;
    const bool up = rest > 0.5 || (rest == 0.5 && std::fmod(below, 2.0) != 0.0);
    return up ? below + 1.0 : below;
}

inline double sign(double x) { return x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : x == 0.0 ? 0.0 : x; }
inline double unit_interval(double x) { return x < 0.0 ? 0.0 : x > 1.0 ? 1.0 : x; }
inline double power(double x, double y) {
    return y == 2.0 ? x * x : y == 0.5 ? std::sqrt(x) : std::pow(x, y);
}

// [rows, depth] x [depth, columns], `batch` times.
inline Floats matmul(const Floats &a, const Floats &b, size_t batch, size_t b_batch, size_t rows, size_t depth,
                     size_t columns) {
    Floats y(batch * rows * columns);
    for (size_t n = 0; n < batch; ++n)
        for (size_t i = 0; i < rows; ++i)
            for (size_t j = 0; j < columns; ++j) {
                double sum = 0.0;
                for (size_t k = 0; k < depth; ++k) {
                    const double left = a[(n * rows + i) * depth + k];
                    sum += left * b[((n % b_batch) * depth + k) * columns + j];
                }
                y[(n * rows + i) * columns + j] = static_cast<float>(sum);
            }
    return y;
}

// y = x * factor + addend for each channel; `inner` elements of a channel follow one another.
inline Floats affine(const Floats &x, const Floats &factor, const Floats &addend, size_t inner) {
    Floats y(x.size());
    for (size_t i = 0; i < x.size(); ++i) {
        const size_t channel = i / inner % factor.size();
        const float product = x[i] * factor[channel];
        y[i] = product + addend[channel];
    }
    return y;
}

inline Floats softmax(const Floats &x, size_t outer, size_t extent, size_t inner, bool logarithm) {
    Floats y(x.size());
    for (size_t lane = 0; lane < outer * inner; ++lane) {
        const size_t first = lane / inner * extent * inner + lane % inner;
        float greatest = -std::numeric_limits<float>::infinity();
        for (size_t i = 0; i < extent; ++i) greatest = std::fmax(greatest, x[first + i * inner]);
        double sum = 0.0;
        for (size_t i = 0; i < extent; ++i) {
            const float shifted = x[first + i * inner] - greatest;
            sum += std::exp(static_cast<double>(shifted));
        }
        for (size_t i = 0; i < extent; ++i) {
            const float difference = x[first + i * inner] - greatest;
            const double shifted = difference;
            y[first + i * inner] = static_cast<float>(logarithm ? shifted - std::log(sum) : std::exp(shifted) / sum);
        }
    }
    return y;
}

template <class T> std::vector<T> transpose(const std::vector<T> &x, const Shape &shape, const Shape &perm) {
    const size_t rank = shape.size();
    Shape strides(rank, 1);
    for (size_t axis = rank; axis-- > 1;) strides[axis - 1] = strides[axis] * shape[axis];
    std::vector<T> y(x.size());
    for (size_t i = 0; i < y.size(); ++i) {
        size_t rest = i, from = 0;
        for (size_t axis = rank; axis-- > 0;) {
            const size_t extent = shape[perm[axis]];
            from += rest % extent * strides[perm[axis]];
            rest /= extent;
        }
        y[i] = x[from];
    }
    return y;
}

// Appends `part`, of `outer` blocks of `size` elements, to blocks of `width` elements at `offset`.
template <class T>
void place(std::vector<T> &whole, const std::vector<T> &part, size_t width, size_t size, size_t offset) {
    for (size_t i = 0; i < part.size(); ++i) whole[i / size * width + offset + i % size] = part[i];
}

enum Rounding { ROUND, CEIL, FLOOR, UP, DOWN, HALF_UP, HALF_DOWN };

inline float round(float x, Rounding mode) {
    switch (mode) {
    case ROUND: return static_cast<float>(round_ties_even(x));
    case CEIL: return std::ceil(x);
    case FLOOR: return std::floor(x);
    case UP: return std::copysign(std::ceil(std::fabs(x)), x);
    case DOWN: return std::trunc(x);
    case HALF_UP: return std::copysign(std::floor(std::fabs(x) + 0.5f), x);
    default: return std::copysign(std::ceil(std::fabs(x) - 0.5f), x);
    }
}

// The integers of a quantizer: (code - zero_point) * 2^fraction_bits.
inline Integers quantize(const Floats &x, const Shape &shape, const Floats &scale, const Shape &scale_shape,
                         const Floats &zero, const Shape &zero_shape, float lo, float hi, Rounding mode,
                         bool bipolar, int fraction_bits) {
    Integers n(x.size());
    for (size_t i = 0; i < x.size(); ++i) {
        const float s = scale[broadcast_index(scale_shape, shape, i)];
        const float z = zero[broadcast_index(zero_shape, shape, i)];
        const float quotient = x[i] / s;
        float code = quotient + z;
        if (bipolar) {
            code = code >= 0.0f ? 1.0f : -1.0f;
        } else {
            if (code > hi) code = hi;
            if (code < lo) code = lo;
            code = round(code, mode);
        }
        const double integer = (static_cast<double>(code) - z) * std::ldexp(1.0, fraction_bits);
        n[i] = integer == integer ? static_cast<int64_t>(integer) : 0;
    }
    return n;
}

// float(double(n) * scale)
inline Floats dequantize(const Integers &n, const Shape &shape, const std::vector<double> &scale,
                         const Shape &scale_shape) {
    Floats x(n.size());
    for (size_t i = 0; i < n.size(); ++i) {
        const double s = scale[broadcast_index(scale_shape, shape, i)];
        x[i] = static_cast<float>(static_cast<double>(n[i]) * s);
    }
    return x;
}

} // namespace float_ops

#endif // QONNX_FLOAT_OPS_H
