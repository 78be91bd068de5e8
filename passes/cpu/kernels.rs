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

/// The best entry for floats, with so many filters and products of a sum, or why there is none.
pub fn floats(features: &str, filters: usize, products: usize) -> Result<&'static Kernel, String> {
    let of_kind = of_kind(features, |kernel| kernel.step == Step::Floats)?;
    let worth = of_kind
        .first()
        .filter(|kernel| filters > 1 && is_worth(kernel, filters, products));
    worth.copied().ok_or_else(|| too_few(filters, products))
}

/// Says why there is no entry for integers at all, if there is none: that asks for no look at weights.
pub fn any_for_integers(features: &str) -> Result<(), String> {
    of_kind(features, |kernel| kernel.step != Step::Floats).map(drop)
}

/// The entries of a kind for a processor with `features`; fails if there is none.
fn of_kind(features: &str, kind: impl Fn(&Kernel) -> bool) -> Result<Vec<&'static Kernel>, String> {
    let all = || KERNELS.iter().filter(|kernel| kind(kernel));
    let found: Vec<_> = all().filter(|kernel| has(features, kernel)).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let least = all().next_back();
    let needed = least.map_or_else(String::new, |kernel| kernel.features.join("+"));
    Err(match features {
        "" => format!("no features of the processor are given, and kernels need {needed} at least"),
        _ => {
            format!("the processor has the features {features}, and kernels need {needed} at least")
        }
    })
}

fn too_few(filters: usize, products: usize) -> String {
    format!(
        "most lanes of a vector would be empty, with {filters} filters and {products} products a sum"
    )
}

/// Whether vectors of filters are worth it although there are only few filters: the other lanes compute in vain.
pub fn is_worth(kernel: &Kernel, filters: usize, products: usize) -> bool {
    2 * filters > kernel.lanes || products >= 64
}

/// The greatest magnitude that some weights of a filter add up to, those of each sign on their own: sums of products of an
/// input that is nowhere greater than 1 go no further, in any order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Of the two weights that are multiplied with neighbouring channels.
    pub pair: i128,
    /// Of all weights.
    pub all: i128,
}

impl Reach {
    /// What is known without the weights themselves.
    pub fn of(w: Interval, products: usize) -> Self {
        let largest = w.lo.abs().max(w.hi.abs());
        let products = i128::try_from(products).unwrap_or(i128::MAX);
        Self {
            pair: largest.saturating_mul(2),
            all: largest.saturating_mul(products),
        }
    }
}

/// What a contraction has: numbers of its input and its weights, filters, and products of a sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Numbers of the input.
    pub x: Interval,
    /// Numbers of the weights.
    pub w: Interval,
    /// How far sums of the weights go.
    pub reach: Reach,
    /// Whether each channel has a filter of its own.
    pub own: bool,
    /// Whether the weights are known only when the network runs.
    pub computed: bool,
    /// How many filters there are.
    pub filters: usize,
    /// How many products a sum has.
    pub products: usize,
}

/// The best entry for a contraction on a processor with `features`, or why there is none.
pub fn choose(features: &str, wanted: Wanted) -> Result<Choice, String> {
    let Wanted {
        x,
        w,
        filters,
        products,
        ..
    } = wanted;
    let kind = |kernel: &Kernel| wanted.own == (kernel.depth == 0) && kernel.step != Step::Floats;
    let of_kind = of_kind(features, kind)?;
    let worth: Vec<_> = of_kind
        .into_iter()
        .filter(|kernel| is_worth(kernel, filters, products))
        .collect();
    if worth.is_empty() {
        return Err(too_few(filters, products));
    }
    worth
        .into_iter()
        .find_map(|kernel| fit(kernel, wanted))
        .ok_or_else(|| {
            format!(
                "no kernel is exact for inputs from {} to {} and weights from {} to {}",
                x.lo, x.hi, w.lo, w.hi
            )
        })
}

/// The place of an entry in the table: less is better.
pub fn rank(kernel: &Kernel) -> usize {
    let same = |other: &Kernel| other.name == kernel.name;
    KERNELS.iter().position(same).unwrap_or(KERNELS.len())
}

/// How an entry takes such operands, if it does.
fn fit(kernel: &'static Kernel, wanted: Wanted) -> Option<Choice> {
    let Wanted { x, w, reach, .. } = wanted;
    let signed = |bits| Interval::of_width(bits, true);
    let choice = |offset: i128, steps: i128| {
        Some(Choice {
            kernel,
            offset: i64::try_from(offset).ok()?,
            steps: usize::try_from(steps).ok()?,
        })
    };
    let all = ALL_STEPS as i128;
    let words = x.within(signed(16)) && w.within(signed(16));
    match kernel.step {
        Step::DotBytes | Step::PairsOfBytes => {
            let offset = (-x.lo).max(0);
            let greatest = x.hi + offset;
            // What the offset adds to a sum is taken back before, which asks for the weights.
            if greatest > 255 || !w.within(signed(8)) || wanted.computed && offset != 0 {
                return None;
            }
            if kernel.step == Step::DotBytes {
                return choice(offset, all);
            }
            // A sum of 16 bits gets two products in a step.
            let pair = greatest.saturating_mul(reach.pair);
            let steps = i128::from(i16::MAX).checked_div(pair).unwrap_or(all);
            (steps >= 1).then(|| choice(offset, steps))?
        }
        Step::Products16 => {
            let greatest = x.lo.abs().max(x.hi.abs());
            let fits = greatest.saturating_mul(reach.all) <= i128::from(i16::MAX);
            (fits && words).then(|| choice(0, all))?
        }
        // Of integers there are none.
        Step::Floats => None,
        Step::PairsOfWords | Step::Products32 => words.then(|| choice(0, all))?,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VNNI: &str = "avx2+avx512f+avx512bw+avx512vl+avx512vnni";

    /// A layer of nine products and sixteen filters.
    fn layer(x: (i64, i64), w: (i64, i64)) -> Wanted {
        let of = |(lo, hi): (i64, i64)| Interval::new(lo, hi);
        let (x, w) = (of(x), of(w));
        Wanted {
            x,
            w,
            reach: Reach::of(w, 9),
            own: false,
            computed: false,
            filters: 16,
            products: 9,
        }
    }

    fn chosen(features: &str, x: (i64, i64), w: (i64, i64)) -> Option<(&'static str, i64, usize)> {
        let choice = choose(features, layer(x, w)).ok()?;
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
                reach: Reach::of(w, products),
                own: false,
                computed: false,
                filters,
                products,
            };
            choose(VNNI, wanted).ok().map(|choice| choice.kernel.name)
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
                reach: Reach::of(w, products),
                own: true,
                computed: false,
                filters: 16,
                products,
            };
            choose("avx2", wanted).ok().map(|choice| choice.kernel.name)
        };
        let (x, w) = (Interval::new(0, 15), Interval::new(-8, 7));
        assert_eq!(own(x, w, 9), Some("vpmullw"));
        assert_eq!(own(x, w, 273), Some("vpmullw"));
        assert_eq!(own(x, w, 274), Some("vpmulld"));
    }

    #[test]
    fn weights_that_are_known_reach_less_far() {
        let (x, w) = (Interval::new(0, 255), Interval::new(-100, 100));
        let of = |reach, x, computed| {
            let wanted = Wanted {
                x,
                w,
                reach,
                own: false,
                computed,
                filters: 16,
                products: 64,
            };
            choose("avx2", wanted).map(|choice| (choice.kernel.name, choice.steps))
        };
        let known = Reach {
            pair: 120,
            all: 900,
        };
        assert_eq!(of(known, x, false), Ok(("vpmaddubsw", 1)));
        let all = ALL_STEPS;
        assert_eq!(of(Reach::of(w, 64), x, false), Ok(("vpmaddwd", all)));
        let signed = Interval::new(-8, 7);
        assert_eq!(of(known, signed, false), Ok(("vpmaddubsw", 18)));
        assert_eq!(of(known, signed, true), Ok(("vpmaddwd", all)));
    }

    #[test]
    fn what_has_no_kernel_has_a_reason() {
        let wanted = layer((0, 1 << 16), (-1, 1));
        let reason = |features, wanted| choose(features, wanted).expect_err("none is exact");
        let few = Wanted {
            filters: 2,
            ..wanted
        };
        assert!(
            reason("avx2", wanted).starts_with("no kernel is exact for inputs from 0 to 65536")
        );
        assert!(reason("avx2", few).contains("with 2 filters and 9 products"));
        assert!(reason("fma", wanted).ends_with("kernels need avx2 at least"));
    }
}
