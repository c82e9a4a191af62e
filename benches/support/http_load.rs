//! A closed loop of HTTP/1.1 clients with kept connections, as cheap as it can be: it shares the processor with the server.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, ensure};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::Instant,
};

use super::{figure, percentile_ms, wait};

/// What a round of requests came to; all were answered with 2xx.
pub(crate) struct Round {
    pub(crate) accepted: usize,
    pub(crate) per_second: f64,
    pub(crate) p99_ms: f64,
}

/// One kept connection.
pub(crate) struct Connection {
    socket: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        Ok(Self { socket, buffer: Vec::with_capacity(2_048) })
    }

    /// Sends a request and reads the whole answer; its status.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<u16> {
        self.socket.write_all(request).await?;
        self.buffer.clear();
        loop {
            let read = self.socket.read_buf(&mut self.buffer).await?;
            ensure!(read > 0, "the server closed the connection");
            let Some(end) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
            let head = std::str::from_utf8(&self.buffer[..end])?.to_ascii_lowercase();
            let length: usize = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length:"))
                .map_or(Ok(0), |length| length.trim().parse())?;
            if self.buffer.len() >= end + 4 + length {
                let status = head.split(' ').nth(1).context("no status")?;
                return Ok(status.parse()?);
            }
        }
    }
}

/// Sends what `request` makes of a number, never twice the same, over so many connections for so long.
pub(crate) async fn load(
    address: SocketAddr,
    connections: usize,
    time: Duration,
    request: impl Fn(usize, usize) -> Vec<u8> + Clone + Send + 'static,
) -> anyhow::Result<Round> {
    let stop = Arc::new(AtomicBool::new(false));
    let started = Instant::now();
    let clients: Vec<_> = (0..connections)
        .map(|client| {
            let (stop, request) = (stop.clone(), request.clone());
            tokio::spawn(async move {
                let mut connection = Connection::open(address).await?;
                let mut times = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let request = request(client, times.len());
                    let begun = Instant::now();
                    let status = connection.exchange(&request).await?;
                    ensure!((200..300).contains(&status), "answered with {status}");
                    times.push(begun.elapsed());
                }
                anyhow::Ok(times)
            })
        })
        .collect();
    wait(time).await;
    stop.store(true, Ordering::Relaxed);
    let mut times = Vec::new();
    for client in clients {
        times.extend(client.await??);
    }
    let per_second = figure(times.len()) / started.elapsed().as_secs_f64();
    Ok(Round { accepted: times.len(), per_second, p99_ms: percentile_ms(&mut times, 0.99) })
}
