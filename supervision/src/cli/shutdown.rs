//! When a long-running command should end.

/// Ends with the first Ctrl-C, or the first polite request of the operating system.
pub(super) async fn requested() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        // Nobody can ask us to end: go on until the process is killed, which every promise survives.
        std::future::pending::<()>().await;
    }
}
