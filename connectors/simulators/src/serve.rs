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

/// A bound address that does not serve yet: for routers that must know where they are or how to stop.
#[derive(Debug)]
pub struct Bound {
    listener: TcpListener,
    addr: SocketAddr,
    shutdown: Shutdown,
}

impl Bound {
    /// Binds `addr` (port 0 = any free one).
    pub async fn at(addr: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(addr).await?;
        let addr = listener.local_addr()?;
        let (signal, _) = watch::channel(false);
        Ok(Self { listener, addr, shutdown: Shutdown { signal: Arc::new(signal) } })
    }

    /// The bound address.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The handle that will stop the server.
    pub fn shutdown(&self) -> Shutdown {
        self.shutdown.clone()
    }

    /// Serves `router` on the current tokio runtime until stopped, or until every [`Shutdown`] is gone.
    pub fn run(self, router: Router) {
        // Answers go out in several small writes; without this they wait for the peer's delayed acknowledgement.
        let listener = self.listener.tap_io(|socket: &mut TcpStream| {
            if let Err(error) = socket.set_nodelay(true) {
                tracing::debug!(%error, "connection keeps Nagle's algorithm");
            }
        });
        let mut stopping = self.shutdown.signal.subscribe();
        let alive = self.shutdown.signal.subscribe();
        tokio::spawn(async move {
            let stop = async move {
                // An error means that nobody is left who could stop the server.
                let _ = stopping.wait_for(|stop| *stop).await;
            };
            if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stop).await {
                tracing::error!(%error, "simulator stopped serving");
            }
            drop(alive);
        });
    }
}

/// Serves `router` at `addr` (port 0 = any free one) on the current tokio runtime.
///
/// Returns the bound address and the handle that stops it; fails when the address cannot be bound.
pub async fn serve(router: Router, addr: SocketAddr) -> io::Result<(SocketAddr, Shutdown)> {
    let bound = Bound::at(addr).await?;
    let (addr, shutdown) = (bound.addr(), bound.shutdown());
    bound.run(router);
    Ok((addr, shutdown))
}
