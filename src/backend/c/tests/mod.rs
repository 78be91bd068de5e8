//! What is written compiles without a word and gives what the interpreter gives, whatever the compiler.
