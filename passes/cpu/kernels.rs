//! The table of kernels: which instruction computes a contraction of integers, and how its operands are packed for it.
//!
//! An entry is chosen by what is proven of the operands (their signs and the ranges of their numbers) and by what the
//! processor can do. All of them give the exact sums: an entry is taken only where its instruction cannot saturate, and sums
//! modulo `2^32` are what level 3 asks for, whose sums have no more bits.

use super::machine::Interval;

/// What one step of a kernel does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Adds the products of four unsigned and four signed bytes to each sum.
    DotBytes,
    /// Adds the products of two unsigned and two signed bytes to each of two sums of 16 bits, which are added up before
    /// they overflow.
    PairsOfBytes,
    /// Adds the products of two and two numbers of 16 bits to each sum.
    PairsOfWords,
    /// Adds the products of numbers of 16 bits, each with a filter of its own, to sums of 16 bits.
    Products16,
    /// Likewise, to sums of 32 bits.
    Products32,
    /// Adds the product of two `f32` to each sum, which is `f64` and rounded once: the product is exact.
    Floats,
}

/// An entry of the table.
#[derive(Debug, PartialEq, Eq)]
pub struct Kernel {
    /// Name, after the instruction.
    pub name: &'static str,
    /// The features of a processor that it needs, in LLVM's words.
    pub features: &'static [&'static str],
    /// Its step.
    pub step: Step,
    /// How many filters one vector of sums is for.
    pub lanes: usize,
    /// How many input channels a step multiplies with one filter; 0 where each channel has a filter of its own.
    pub depth: usize,
    /// Bits of a number of the input where it is packed, and of a weight. Where each channel has a filter of its own, the
    /// input may have fewer.
    pub bits: (u32, u32),
    /// How many vectors the processor has registers for.
    pub registers: usize,
    /// Sums that have to be under way at once for the instruction to be fed.
    pub chains: usize,
}

/// So many steps that no sum overflows, whatever comes.
pub const ALL_STEPS: usize = u32::MAX as usize;

/// The entries, the best of each kind first.
pub const KERNELS: &[Kernel] = &[
    Kernel {
        name: "vpdpbusd",
        features: &["avx512f", "avx512bw", "avx512vl", "avx512vnni"],
        step: Step::DotBytes,
        lanes: 16,
        depth: 4,
        bits: (8, 8),
        registers: 32,
        chains: 8,
    },
    Kernel {
        name: "vpmaddubsw",
        features: &["avx2"],
        step: Step::PairsOfBytes,
        lanes: 8,
        depth: 4,
        bits: (8, 8),
        registers: 16,
        chains: 4,
    },
    Kernel {
        name: "vpmaddwd",
        features: &["avx2"],
        step: Step::PairsOfWords,
        lanes: 8,
        depth: 2,
        bits: (16, 16),
        registers: 16,
        chains: 4,
    },
    Kernel {
        name: "vpmullw",
        features: &["avx2"],
        step: Step::Products16,
        lanes: 16,
        depth: 0,
        bits: (16, 16),
        registers: 16,
        chains: 4,
    },
    Kernel {
        name: "vfmadd231pd.512",
        features: &["avx512f"],
        step: Step::Floats,
        lanes: 8,
        depth: 1,
        bits: (64, 32),
        registers: 32,
        chains: 8,
    },
    Kernel {
        name: "vfmadd231pd",
        features: &["avx2", "fma"],
        step: Step::Floats,
        lanes: 4,
        depth: 1,
        bits: (64, 32),
        registers: 16,
        chains: 8,
    },
    Kernel {
        name: "vpmulld",
        features: &["avx2"],
        step: Step::Products32,
        lanes: 8,
        depth: 0,
        bits: (16, 16),
        registers: 16,
        chains: 4,
    },
];

/// An entry for the operands of a contraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The entry.
    pub kernel: &'static Kernel,
    /// What is added to each number of the input so that it is one that the instruction takes.
    pub offset: i64,
    /// How many steps a sum of 16 bits may take.
    pub steps: usize,
}

/// The features that some entry asks for and `has` finds, as the option of a pass.
pub fn features(has: impl Fn(&[&str]) -> bool) -> String {
    let mut found: Vec<&str> = Vec::new();
    for feature in KERNELS.iter().flat_map(|kernel| kernel.features) {
        if !found.contains(feature) && has(&[feature]) {
            found.push(feature);
        }
    }
    found.join("+")
}

/// The entry of a name.
pub fn named(name: &str) -> Option<&'static Kernel> {
    KERNELS.iter().find(|kernel| kernel.name == name)
}

/// Whether a processor with `features` has what an entry needs.
fn has(features: &str, kernel: &Kernel) -> bool {
    let given = |wanted: &str| features.split('+').any(|feature| feature == wanted);
    kernel.features.iter().all(|wanted| given(wanted))
}

/// The best entry for floats.
pub fn floats(features: &str) -> Option<&'static Kernel> {
    KERNELS
        .iter()
        .find(|kernel| kernel.step == Step::Floats && has(features, kernel))
}

/// Whether vectors of filters are worth it although there are only few filters: the other lanes compute in vain.
pub fn is_worth(kernel: &Kernel, filters: usize, products: usize) -> bool {
    2 * filters > kernel.lanes || products >= 64
}

/// What a contraction has: numbers of its input and its weights, filters, and products of a sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Numbers of the input.
    pub x: Interval,
    /// Numbers of the weights.
    pub w: Interval,
    /// Whether each channel has a filter of its own.
    pub own: bool,
    /// How many filters there are.
    pub filters: usize,
    /// How many products a sum has.
    pub products: usize,
}

/// The best entry for a contraction on a processor with `features`.
pub fn choose(features: &str, wanted: Wanted) -> Option<Choice> {
    let Wanted {
        x,
        w,
        own,
        filters,
        products,
    } = wanted;
    KERNELS
        .iter()
        .filter(|kernel| own == (kernel.depth == 0) && has(features, kernel))
        .filter(|kernel| is_worth(kernel, filters, products))
        .find_map(|kernel| fit(kernel, x, w, products))
}

/// How an entry takes such operands, if it does.
fn fit(kernel: &'static Kernel, x: Interval, w: Interval, products: usize) -> Option<Choice> {
    let signed = |bits| Interval::of_width(bits, true);
    let largest = w.lo.abs().max(w.hi.abs());
    let choice = |offset: i128, steps: i128| {
        Some(Choice {
            kernel,
            offset: i64::try_from(offset).ok()?,
            steps: usize::try_from(steps).ok()?,
        })
    };
    let all = ALL_STEPS as i128;
    match kernel.step {
        Step::DotBytes | Step::PairsOfBytes => {
            let offset = (-x.lo).max(0);
            let greatest = x.hi + offset;
            if greatest > 255 || !w.within(signed(8)) {
                return None;
            }
            if kernel.step == Step::DotBytes {
                return choice(offset, all);
            }
            // A sum of 16 bits gets two products in a step.
            let pair = 2 * greatest * largest;
            let steps = i128::from(i16::MAX).checked_div(pair).unwrap_or(all);
            if steps < 1 {
                return None;
            }
            choice(offset, steps)
        }
        Step::PairsOfWords => {
            if !x.within(signed(16)) || !w.within(signed(16)) {
                return None;
            }
            choice(0, all)
        }
        Step::Products16 => {
            let greatest = x.lo.abs().max(x.hi.abs());
            let products = i128::try_from(products).ok()?;
            let fits = greatest * largest * products <= i128::from(i16::MAX);
            if !fits || !x.within(signed(16)) || !w.within(signed(16)) {
                return None;
            }
            choice(0, all)
        }
        // Of integers there are none.
        Step::Floats => None,
        Step::Products32 => {
            if !x.within(signed(16)) || !w.within(signed(16)) {
                return None;
            }
            choice(0, all)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VNNI: &str = "avx2+avx512f+avx512bw+avx512vl+avx512vnni";

    fn chosen(features: &str, x: (i64, i64), w: (i64, i64)) -> Option<(&'static str, i64, usize)> {
        let of = |(lo, hi): (i64, i64)| Interval::new(lo, hi);
        let (x, w) = (of(x), of(w));
        let wanted = Wanted {
            x,
            w,
            own: false,
            filters: 16,
            products: 9,
        };
        let choice = choose(features, wanted)?;
        Some((choice.kernel.name, choice.offset, choice.steps))
    }

    #[test]
    fn bytes_that_fit_take_the_instruction_of_bytes() {
        let all = ALL_STEPS;
        assert_eq!(chosen(VNNI, (0, 3), (-2, 1)), Some(("vpdpbusd", 0, all)));
        assert_eq!(
            chosen(VNNI, (-128, 127), (-128, 127)),
            Some(("vpdpbusd", 128, all))
        );
        assert_eq!(
            chosen("avx2", (0, 3), (-2, 1)),
            Some(("vpmaddubsw", 0, 2730))
        );
        assert_eq!(
            chosen("avx2", (-1, 1), (-1, 1)),
            Some(("vpmaddubsw", 1, 8191))
        );
        assert_eq!(chosen("", (0, 3), (-2, 1)), None);
        assert_eq!(chosen("avx512vnni", (0, 3), (-2, 1)), None);
    }

    #[test]
    fn what_would_saturate_takes_words() {
        // 255 * -64 twice is the least that 16 bits hold.
        assert_eq!(
            chosen("avx2", (0, 255), (-64, 63)),
            Some(("vpmaddubsw", 0, 1))
        );
        let all = ALL_STEPS;
        assert_eq!(
            chosen("avx2", (0, 255), (-65, 63)),
            Some(("vpmaddwd", 0, all))
        );
        assert_eq!(chosen(VNNI, (0, 256), (-2, 1)), Some(("vpmaddwd", 0, all)));
        assert_eq!(chosen(VNNI, (0, 3), (0, 128)), Some(("vpmaddwd", 0, all)));
        assert_eq!(chosen(VNNI, (0, 1 << 15), (-2, 1)), None);
    }

    #[test]
    fn few_filters_take_short_vectors() {
        let (x, w) = (Interval::new(0, 3), Interval::new(-2, 1));
        let of = |filters, products| {
            let wanted = Wanted {
                x,
                w,
                own: false,
                filters,
                products,
            };
            choose(VNNI, wanted).map(|choice| choice.kernel.name)
        };
        assert_eq!(of(9, 9), Some("vpdpbusd"));
        assert_eq!(of(5, 9), Some("vpmaddubsw"));
        assert_eq!(of(4, 9), None);
        assert_eq!(of(1, 64), Some("vpdpbusd"));
    }

    #[test]
    fn sums_of_own_filters_have_16_bits_where_they_fit() {
        let own = |x, w, products| {
            let wanted = Wanted {
                x,
                w,
                own: true,
                filters: 16,
                products,
            };
            choose("avx2", wanted).map(|choice| choice.kernel.name)
        };
        let (x, w) = (Interval::new(0, 15), Interval::new(-8, 7));
        assert_eq!(own(x, w, 9), Some("vpmullw"));
        assert_eq!(own(x, w, 273), Some("vpmullw"));
        assert_eq!(own(x, w, 274), Some("vpmulld"));
    }
}
