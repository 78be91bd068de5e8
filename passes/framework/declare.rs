//! `declare_pass!`: documentation, textual name, anchor and options of a pass in one block at the top of its
//! file; and `pass_registry!`: the list of a stage.

/// Declares a pass. The documentation's first paragraph is the summary in `--help`. Options are typed fields
/// with a textual name and a default. The type needs an inherent method
/// `fn run<'c>(&mut self, anchor, context: &'c Context) -> PassResult`, where the anchor is a `Function<'c>`
/// for `on Function` and the module's `Op<'c>` for `on Module`.
macro_rules! declare_pass {
    (
        $(#[doc = $doc:literal])*
        pub struct $name:ident => $argument:literal on $anchor:ident {
            $($(#[doc = $option_doc:literal])* $option:ident ($text:literal): $type:ty = $default:expr,)*
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug)]
        pub struct $name {
            $($(#[doc = $option_doc])* pub $option: $type,)*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($option: $default,)* }
            }
        }

        impl $name {
            /// Static description, for the registry.
            pub const INFO: ::qonnx_dialects::pass::PassInfo = ::qonnx_dialects::pass::PassInfo {
                name: stringify!($name),
                argument: $argument,
                documentation: concat!($($doc, "\n",)*),
                anchor: ::qonnx_dialects::pass::Anchor::$anchor,
                options: &[
                    $(::qonnx_dialects::pass::OptionInfo {
                        name: $text,
                        description: concat!($($option_doc, "\n",)*).trim_ascii(),
                        default: || ToString::to_string(&Self::default().$option),
                    },)*
                ],
                make: Self::make,
                file: file!(),
            };

            fn make(values: &[String]) -> Result<Box<dyn ::qonnx_dialects::pass::DynPass>, String> {
                #[allow(unused_mut, unused_variables, reason = "a pass may have no options")]
                let mut values = values.iter();
                Ok(Box::new(Self {
                    $($option: {
                        let text = values.next().ok_or("an option has no value")?;
                        text.parse().map_err(|_| {
                            format!(
                                "option '{}' expects a value of type {}, got '{text}'",
                                $text,
                                stringify!($type)
                            )
                        })?
                    },)*
                }))
            }
        }

        impl ::qonnx_dialects::pass::DynPass for $name {
            fn run<'c>(
                &mut self,
                op: ::qonnx_dialects::ir::Op<'c>,
                context: &'c ::melior::Context,
            ) -> ::qonnx_dialects::pass::PassResult {
                let anchor = declare_pass!(@anchor $anchor, op);
                self.run(anchor, context)
            }

            fn clone_box(&self) -> Box<dyn ::qonnx_dialects::pass::DynPass> {
                Box::new(self.clone())
            }
        }
    };
    (@anchor Function, $op:ident) => {
        match ::qonnx_dialects::pass::function($op)? {
            Some(function) => function,
            None => return Ok(()),
        }
    };
    (@anchor Module, $op:ident) => { $op };
}

/// The list of a stage's passes, sorted by module.
macro_rules! pass_registry {
    ($($module:ident::$pass:ident,)*) => {
        /// The passes of this stage.
        pub const PASSES: &[&::qonnx_dialects::pass::PassInfo] = &[$(&$module::$pass::INFO,)*];
    };
}
