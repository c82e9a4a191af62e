//! Runs a router on a loopback port until told to stop.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Stops a server started by [`serve`]; clones stop the same one.
#[derive(Debug, Clone)]
pub struct Shutdown {
    signal: Arc<watch::Sender<bool>>,
}

impl Shutdown {
    /// Stops accepting; idle connections close, requests in flight are answered first. Repeating is harmless.
    pub fn stop(&self) {
        self.signal.send_replace(true);
    }

    /// Waits until the requests in flight are answered and the port can be bound again.
    pub async fn stopped(&self) {
        self.signal.closed().await;
    }
}

/// Serves `router` at `addr` (port 0 = any free one) on the current tokio runtime.
///
/// Returns the bound address and the handle that stops it; fails when the address cannot be bound.
pub async fn serve(router: Router, addr: SocketAddr) -> io::Result<(SocketAddr, Shutdown)> {
    let listener = TcpListener::bind(addr).await?;
    let bound = listener.local_addr()?;
    let (signal, mut stopping) = watch::channel(false);
    let alive = signal.subscribe();
    // Answers go out in several small writes; without this they wait for the peer's delayed acknowledgement.
    let listener = listener.tap_io(|socket: &mut TcpStream| {
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, "connection keeps Nagle's algorithm");
        }
    });
    tokio::spawn(async move {
        let stop = async move {
            // An error means that every handle is gone: nobody can stop the server any more, so stop it.
            let _ = stopping.wait_for(|stop| *stop).await;
        };
        if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stop).await {
            tracing::error!(%error, "simulator stopped serving");
        }
        drop(alive);
    });
    Ok((bound, Shutdown { signal: Arc::new(signal) }))
}
