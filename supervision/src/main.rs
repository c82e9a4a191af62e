//! The `vortex` binary.

fn main() -> std::process::ExitCode {
    vortex::cli::main()
}
