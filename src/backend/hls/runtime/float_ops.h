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
    // What rounds to zero keeps its sign.
    return std::copysign(up ? below + 1.0 : below, x);
}

// NaN stays NaN, and of equal numbers the second is taken.
inline double minimum(double a, double b) { return a != a || a < b ? a : b; }
inline double maximum(double a, double b) { return a != a || a > b ? a : b; }

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

// alpha * A' * B' + beta * C, rounded once.
inline Floats gemm(const Floats &a, bool trans_a, const Floats &b, bool trans_b, size_t rows, size_t depth,
                   size_t columns, float alpha, float beta, const Floats &c, const Shape &c_shape) {
    Floats y(rows * columns);
    const Shape shape{rows, columns};
    for (size_t i = 0; i < rows; ++i)
        for (size_t j = 0; j < columns; ++j) {
            double sum = 0.0;
            for (size_t k = 0; k < depth; ++k) {
                const double left = a[trans_a ? k * rows + i : i * depth + k];
                sum += left * b[trans_b ? j * depth + k : k * columns + j];
            }
            const size_t at = i * columns + j;
            const double addend = static_cast<double>(beta) * c[broadcast_index(c_shape, shape, at)];
            y[at] = static_cast<float>(static_cast<double>(alpha) * sum + addend);
        }
    return y;
}

// How codes are found: rounded, or the sign of x / scale + zero point, or the sign of x.
enum Rounding { ROUND, CEIL, FLOOR, UP, DOWN, HALF_UP, HALF_DOWN, SIGN_OF_CODE, SIGN_OF_INPUT };

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

// The code that a quantizer gives a number.
inline float quantizer_code(float x, float scale, float zero, float lo, float hi, Rounding mode) {
    if (mode == SIGN_OF_INPUT) return x >= 0.0f ? 1.0f : -1.0f;
    const float quotient = x / scale;
    float code = quotient + zero;
    if (mode == SIGN_OF_CODE) return code >= 0.0f ? 1.0f : -1.0f;
    if (code < lo) code = lo;
    if (code > hi) code = hi;
    return round(code, mode);
}

// Floats that a quantizer's codes stand for; all parameters have the shape `shape`.
inline Floats fake_quantize(const Floats &x, const Shape &x_shape, const Floats &scale, const Floats &zero,
                            const Floats &lo, const Floats &hi, const Shape &shape, Rounding mode) {
    Floats y(x.size());
    for (size_t i = 0; i < x.size(); ++i) {
        const size_t at = broadcast_index(shape, x_shape, i);
        const float code = quantizer_code(x[i], scale[at], zero[at], lo[at], hi[at], mode);
        const float difference = code - zero[at];
        y[i] = difference * scale[at];
    }
    return y;
}

// The integers of a quantizer: (code - zero_point) * 2^fraction_bits.
inline Integers quantize(const Floats &x, const Shape &shape, const Floats &scale, const Shape &scale_shape,
                         const Floats &zero, const Shape &zero_shape, float lo, float hi, Rounding mode,
                         bool bipolar, int fraction_bits) {
    Integers n(x.size());
    for (size_t i = 0; i < x.size(); ++i) {
        const float s = scale[broadcast_index(scale_shape, shape, i)];
        const float z = zero[broadcast_index(zero_shape, shape, i)];
        const float code = quantizer_code(x[i], s, z, lo, hi, bipolar ? SIGN_OF_CODE : mode);
        const double integer = (static_cast<double>(code) - z) * std::ldexp(1.0, fraction_bits);
        n[i] = integer == integer ? static_cast<int64_t>(integer) : 0;
    }
    return n;
}

// The number that `width` bits stand for; fewer than 64.
inline int64_t number(int64_t bits, int width, bool is_signed) {
    const uint64_t mask = (uint64_t(1) << width) - 1, low = uint64_t(bits) & mask;
    const bool negative = is_signed && (low >> (width - 1)) != 0;
    return static_cast<int64_t>(negative ? low | ~mask : low);
}

// float(double(n) * scale)
inline Floats dequantize(const Integers &n, const Shape &shape, int width, bool is_signed,
                         const std::vector<double> &scale, const Shape &scale_shape) {
    Floats x(n.size());
    for (size_t i = 0; i < n.size(); ++i) {
        const double s = scale[broadcast_index(scale_shape, shape, i)];
        x[i] = static_cast<float>(static_cast<double>(number(n[i], width, is_signed)) * s);
    }
    return x;
}

} // namespace float_ops

#endif // QONNX_FLOAT_OPS_H
