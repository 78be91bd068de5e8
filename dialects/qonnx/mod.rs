//! tmp
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding { Round, Ceil, Floor, Up, Down, HalfUp, HalfDown }
impl Rounding { pub fn name(self)->&'static str { "ROUND" } pub fn apply(self, x: f32)->f32 { x } }
impl std::str::FromStr for Rounding { type Err=(); fn from_str(_:&str)->Result<Self,()> { Ok(Self::Round) } }
