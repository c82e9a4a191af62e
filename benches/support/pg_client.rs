//! One prepared statement over one PostgreSQL connection.
//!
//! Only the store may depend on a database driver (`deny.toml`), and the baseline must not go through the store; so it speaks
//! the protocol itself (PostgreSQL documentation, chapter "Message Formats"). Less overhead than any driver has.

use std::path::Path;

use anyhow::{Context as _, bail};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::UnixStream,
};

const PROTOCOL: i32 = 3 << 16;

/// A connection with its statement prepared.
pub(crate) struct PgClient {
    socket: UnixStream,
    out: Vec<u8>,
}

impl PgClient {
    /// Connects through the socket in the folder to a server that trusts us, and prepares the statement.
    pub(crate) async fn connect(folder: &Path, database: &str, statement: &str) -> anyhow::Result<Self> {
        let socket = UnixStream::connect(folder.join(".s.PGSQL.5432")).await?;
        let mut client = Self { socket, out: Vec::new() };
        let start = format!("user\0postgres\0database\0{database}\0\0");
        client.out.extend(i32::try_from(start.len() + 8)?.to_be_bytes());
        client.out.extend(PROTOCOL.to_be_bytes());
        client.out.extend(start.as_bytes());
        client.round_trip().await?;
        // Name, text, and no types: the server knows them from the table.
        client.message(b'P', &[b"s\0", statement.as_bytes(), b"\0\0\0"])?;
        client.message(b'S', &[])?;
        client.round_trip().await?;
        Ok(client)
    }

    /// Executes the statement, a transaction of its own, with these values as texts.
    pub(crate) async fn execute(&mut self, values: &[&[u8]]) -> anyhow::Result<()> {
        // Unnamed portal, the statement, all parameters as text, their number.
        let mut bind = b"\0s\0\0\0".to_vec();
        bind.extend(u16::try_from(values.len())?.to_be_bytes());
        for value in values {
            bind.extend(u32::try_from(value.len())?.to_be_bytes());
            bind.extend(*value);
        }
        self.message(b'B', &[&bind, b"\0\0"])?;
        self.message(b'E', &[b"\0\0\0\0\0"])?;
        self.message(b'S', &[])?;
        self.round_trip().await
    }

    fn message(&mut self, kind: u8, parts: &[&[u8]]) -> anyhow::Result<()> {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        self.out.push(kind);
        self.out.extend(u32::try_from(length + 4)?.to_be_bytes());
        for part in parts {
            self.out.extend(*part);
        }
        Ok(())
    }

    /// Sends what was prepared and reads until the server is ready again.
    async fn round_trip(&mut self) -> anyhow::Result<()> {
        self.socket.write_all(&self.out).await?;
        self.out.clear();
        let (mut buffer, mut at, mut refused) = (Vec::with_capacity(1_024), 0, None);
        loop {
            while let Some(header) = buffer.get(at..at + 5) {
                let kind = header[0];
                let length = usize::try_from(u32::from_be_bytes(header[1..5].try_into()?))?;
                let Some(body) = buffer.get(at + 5..at + 1 + length) else { break };
                match kind {
                    b'E' => refused = Some(String::from_utf8_lossy(body).replace('\0', " ")),
                    b'Z' => return refused.map_or(Ok(()), |why| bail!("PostgreSQL: {why}")),
                    _ => {}
                }
                at += 1 + length;
            }
            let read = self.socket.read_buf(&mut buffer).await?;
            (read > 0).then_some(()).context("PostgreSQL closed the connection")?;
        }
    }
}
