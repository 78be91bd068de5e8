//! What stands in front of the kernels of a C file: headers, what is asked of the compiler, and the functions that the
//! expressions call. Only what is called is written: a static function that nothing calls is a warning.

use std::collections::BTreeSet;

use crate::backend::writer::Writer;

/// A function that expressions call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Helper {
    /// The number of so many bits whose bits are the low ones of an unsigned number.
    Wrap(u32),
    /// A number divided by a power of two and rounded down.
    Shift(u32),
    /// The greater or the lesser of two numbers.
    Extreme {
        /// Which of them.
        greatest: bool,
        /// Whether the numbers have a sign.
        signed: bool,
        /// 32 or 64 bits.
        width: u32,
    },
    /// The integer of a float.
    OfFloat {
        /// Whether the float is a `float`.
        single: bool,
        /// 32 or 64 bits.
        width: u32,
    },
    /// The bits of a `float`.
    BitsOfFloat,
    /// A function of integers of 128 bits, by its name.
    Wide(&'static str),
}

/// What the kernels need.
#[derive(Debug, Default)]
pub struct Prelude {
    helpers: BTreeSet<Helper>,
    /// Functions of the C library and how many arguments each takes.
    libm: BTreeSet<(&'static str, usize)>,
    math: bool,
}

impl Prelude {
    /// The name of a function, which is called from now on.
    pub fn call(&mut self, helper: Helper) -> &'static str {
        self.helpers.insert(helper);
        if let Helper::Wide("wide_max" | "wide_min") = helper {
            // Which stands before both of them.
            self.helpers.insert(Helper::Wide("wide_less"));
        }
        name(helper)
    }

    /// Notes that something of `math.h` is used.
    pub fn include_math(&mut self) {
        self.math = true;
    }

    /// Notes that a float is written: some are macros of `math.h`.
    pub fn include_math_for(&mut self, float: f64) {
        self.math |= !float.is_finite();
    }

    /// The name under which a function of the C library is called.
    pub fn libm(&mut self, function: &'static str, arguments: usize) -> String {
        self.math = true;
        self.libm.insert((function, arguments));
        format!("libm_{function}")
    }

    /// Whether the C library's mathematical functions are needed.
    pub fn needs_math(&self) -> bool {
        self.math
    }

    /// Writes all of it.
    pub fn write(&self, out: &mut Writer) {
        out.line("#include <float.h>");
        if self.math {
            out.line("#include <math.h>");
        }
        out.line("#include <stdbool.h>");
        out.line("#include <stddef.h>");
        out.line("#include <stdint.h>");
        out.line("");
        out.text(DEMANDS);
        if !self.libm.is_empty() {
            out.line("");
            out.text(LIBM);
        }
        for (function, arguments) in &self.libm {
            let types = vec!["double"; *arguments].join(", ");
            out.line(format!(
                "static double (*const volatile libm_{function})({types}) = {function};"
            ));
        }
        let wide = self
            .helpers
            .iter()
            .any(|helper| matches!(helper, Helper::Wide(_)));
        if wide {
            out.line("");
            out.text(WIDE);
        }
        for helper in &self.helpers {
            out.line("");
            out.text(&text(*helper));
        }
    }
}

const DEMANDS: &str = "\
/* Results are exact only where each operation on floats rounds to its own type, and nothing else is done: products and
 * sums are not fused, sums keep their order. */
#if FLT_RADIX != 2 || FLT_MANT_DIG != 24 || DBL_MANT_DIG != 53
#error \"float and double must be the 32 and 64 bit numbers of IEEE 754\"
#endif
#if defined(FLT_EVAL_METHOD) && FLT_EVAL_METHOD != 0
#error \"operations on floats must not be computed with more digits; on 32 bit x86 use -msse2 -mfpmath=sse\"
#endif
#ifdef __FAST_MATH__
#error \"compile without -ffast-math\"
#endif
#if defined(__GNUC__) && !defined(__clang__)
#ifndef __STRICT_ANSI__
#pragma GCC optimize(\"fp-contract=off\") /* as -std=c99 does */
#endif
#else
#pragma STDC FP_CONTRACT OFF
#endif

/* Kernels stay functions: buffers of several types share the workspace one after the other, which a compiler need not
 * see through, and no two arguments of one kernel do. */
#ifdef __GNUC__
#define KERNEL static __attribute__((noinline))
#else
#define KERNEL static
#endif
";

const LIBM: &str = "\
/* Called through pointers that the compiler must read, so that it neither computes the calls itself nor puts something
 * else in their place: both would round differently. */
";

const WIDE: &str = "\
/* A number of 128 bits in two's complement. */
typedef struct {
    uint64_t low;
    uint64_t high;
} wide;
";

/// C99 lets a union be read as what it was not written as.
const BITS_OF_FLOAT: &str = "\
static inline uint32_t bits_of_float(float x) {
    union {
        float x;
        uint32_t bits;
    } number;
    number.x = x;
    return number.bits;
}
";

fn name(helper: Helper) -> &'static str {
    match helper {
        Helper::Wrap(8) => "wrap8",
        Helper::Wrap(16) => "wrap16",
        Helper::Wrap(32) => "wrap32",
        Helper::Wrap(_) => "wrap64",
        Helper::Shift(32) => "shift32",
        Helper::Shift(_) => "shift64",
        Helper::Extreme {
            greatest,
            signed,
            width,
        } => match (greatest, signed, width) {
            (true, true, 32) => "max32",
            (false, true, 32) => "min32",
            (true, false, 32) => "umax32",
            (false, false, 32) => "umin32",
            (true, true, _) => "max64",
            (false, true, _) => "min64",
            (true, false, _) => "umax64",
            (false, false, _) => "umin64",
        },
        Helper::OfFloat { single, width } => match (single, width) {
            (true, 32) => "int32_of_float",
            (false, 32) => "int32_of_double",
            (true, _) => "int64_of_float",
            (false, _) => "int64_of_double",
        },
        Helper::BitsOfFloat => "bits_of_float",
        Helper::Wide(name) => name,
    }
}

fn text(helper: Helper) -> String {
    let name = name(helper);
    match helper {
        Helper::Wrap(width) => wrap(name, width),
        Helper::Shift(width) => format!(
            "/* number / 2^by, rounded down. */\n\
             static inline int{width}_t {name}(int{width}_t number, unsigned by) {{\n\
             \x20   return number < 0 ? ~(~number >> by) : number >> by;\n\
             }}\n"
        ),
        Helper::Extreme {
            greatest,
            signed,
            width,
        } => {
            let ty = format!("{}int{width}_t", if signed { "" } else { "u" });
            let than = if greatest { '>' } else { '<' };
            format!(
                "static inline {ty} {name}({ty} a, {ty} b) {{\n    return a {than} b ? a : b;\n}}\n"
            )
        }
        Helper::OfFloat { single, width } => {
            let (ty, suffix) = if single {
                ("float", "f")
            } else {
                ("double", "")
            };
            let end = width - 1;
            format!(
                "/* The integer of a whole number; 0 for what has none. */\n\
                 static inline int{width}_t {name}({ty} x) {{\n\
                 \x20   return x >= -0x1p{end}{suffix} && x < 0x1p{end}{suffix} ? (int{width}_t)x : 0;\n\
                 }}\n"
            )
        }
        Helper::BitsOfFloat => BITS_OF_FLOAT.to_owned(),
        Helper::Wide(name) => wide(name).to_owned(),
    }
}

fn wrap(name: &str, width: u32) -> String {
    let (from, low, not) = match width {
        8 => ("uint32_t", "(bits & 0xffu)", "(~bits & 0xffu)"),
        16 => ("uint32_t", "(bits & 0xffffu)", "(~bits & 0xffffu)"),
        32 => ("uint32_t", "bits", "~bits"),
        _ => ("uint64_t", "bits", "~bits"),
    };
    let ty = format!("int{width}_t");
    // The sum of a negative number of 8 or 16 bits and -1 is an `int`.
    let negative = match width {
        8 | 16 => format!("({ty})(-({ty}){not} - 1)"),
        _ => format!("-({ty}){not} - 1"),
    };
    let end = width - 1;
    format!(
        "/* The number of {width} bits that the low ones of an unsigned number are. */\n\
         static inline {ty} {name}({from} bits) {{\n\
         \x20   return (bits >> {end} & 1u) == 0u ? ({ty}){low} : {negative};\n\
         }}\n"
    )
}

/// A function of numbers of 128 bits in two's complement.
fn wide(name: &str) -> &'static str {
    match name {
        "wide_of" => {
            "static inline wide wide_of(int64_t number) {
    const wide result = {(uint64_t)number, number < 0 ? UINT64_MAX : 0u};
    return result;
}
"
        }
        "wide_low" => {
            "static inline uint64_t wide_low(wide number) {
    return number.low;
}
"
        }
        "wide_add" => {
            "static inline wide wide_add(wide a, wide b) {
    const uint64_t low = a.low + b.low;
    const wide sum = {low, a.high + b.high + (low < a.low)};
    return sum;
}
"
        }
        "wide_sub" => {
            "static inline wide wide_sub(wide a, wide b) {
    const wide difference = {a.low - b.low, a.high - b.high - (a.low < b.low)};
    return difference;
}
"
        }
        "wide_mul" => {
            "static inline wide wide_mul(wide a, wide b) {
    const uint64_t a0 = a.low & 0xffffffffu, a1 = a.low >> 32;
    const uint64_t b0 = b.low & 0xffffffffu, b1 = b.low >> 32;
    const uint64_t middle = a1 * b0 + (a0 * b0 >> 32);
    const uint64_t carry = a0 * b1 + (middle & 0xffffffffu);
    const wide product = {a.low * b.low,
                          a1 * b1 + (middle >> 32) + (carry >> 32) + a.low * b.high + a.high * b.low};
    return product;
}
"
        }
        "wide_and" => {
            "static inline wide wide_and(wide a, wide b) {
    const wide both = {a.low & b.low, a.high & b.high};
    return both;
}
"
        }
        "wide_shift" => {
            "/* number / 2^by, rounded down. */
static inline wide wide_shift(wide number, unsigned by) {
    const uint64_t sign = number.high >> 63 != 0u ? UINT64_MAX : 0u;
    wide result = number;
    if (by >= 64u) {
        result.low = number.high;
        result.high = sign;
        by -= 64u;
    }
    if (by > 0u) {
        result.low = result.low >> by | result.high << (64u - by);
        result.high = result.high >> by | sign << (64u - by);
    }
    return result;
}
"
        }
        "wide_max" => {
            "static inline wide wide_max(wide a, wide b) {
    return wide_less(a, b) ? b : a;
}
"
        }
        "wide_min" => {
            "static inline wide wide_min(wide a, wide b) {
    return wide_less(b, a) ? b : a;
}
"
        }
        _ => {
            "static inline bool wide_less(wide a, wide b) {
    const uint64_t sign = (uint64_t)1 << 63;
    return a.high != b.high ? (a.high ^ sign) < (b.high ^ sign) : a.low < b.low;
}
"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_stand_behind_those_that_they_call() {
        let mut prelude = Prelude::default();
        prelude.call(Helper::Wide("wide_max"));
        let mut out = Writer::default();
        prelude.write(&mut out);
        let text = out.finish();
        let place = |name: &str| text.find(name).expect(name);
        assert!(place("bool wide_less") < place("wide wide_max"));
        assert!(place("} wide;") < place("bool wide_less"));
    }
}
