//! Zip archives made while they are sent: one file in memory at a time, however many there are.

use std::{
    collections::HashMap,
    io::{self, Write},
    sync::Arc,
    time::Duration,
};

use axum::{body::Body, response::Response};
use futures_util::stream;
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    task::spawn_blocking,
    time::timeout,
};
use tracing::{error, warn};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use crate::{links::attachment, problem::ApiError};

/// Archives that are made at the same time in this process; each holds a thread.
pub(crate) const ARCHIVES: usize = 8;
/// Bytes that are sent at once.
const CHUNK_BYTES: usize = 64 << 10;
/// Chunks that wait for the reader.
const CHUNKS_WAITING: usize = 4;
/// A reader that takes nothing for so long is left.
const READER_PATIENCE: Duration = Duration::from_mins(1);

/// One file of an archive.
pub(crate) struct Entry {
    /// Its name.
    pub(crate) name: String,
    /// When it was kept.
    pub(crate) at_ms: i64,
    /// Its content.
    pub(crate) bytes: Vec<u8>,
}

/// Files on their way into an archive; an error cuts the archive off, so that nobody takes it for whole.
pub(crate) type Feed = mpsc::Sender<Result<Entry, ApiError>>;

/// An archive that is fed by the other end of the answered channel.
pub(crate) fn begin(room: &Arc<Semaphore>, name: &str) -> Result<(Feed, Response), ApiError> {
    let permit = room.clone().try_acquire_owned().map_err(|_| ApiError::busy())?;
    let (feed, files) = mpsc::channel(1);
    let (sender, chunks) = mpsc::channel(CHUNKS_WAITING);
    spawn_blocking(move || pack(files, &sender, permit));
    let body = stream::unfold(chunks, |mut chunks: mpsc::Receiver<io::Result<Vec<u8>>>| async move {
        chunks.recv().await.map(|chunk| (chunk, chunks))
    });
    Ok((feed, attachment(name, Body::from_stream(body))))
}

fn pack(
    mut files: mpsc::Receiver<Result<Entry, ApiError>>,
    chunks: &mpsc::Sender<io::Result<Vec<u8>>>,
    _permit: OwnedSemaphorePermit,
) {
    let mut zip = ZipWriter::new_stream(Chunks { waiting: Vec::new(), chunks: chunks.clone() });
    let mut names: HashMap<String, u32> = HashMap::new();
    while let Some(file) = files.blocking_recv() {
        let added = match file {
            Ok(entry) => add(&mut zip, &mut names, &entry),
            Err(failure) => Err(io::Error::other(failure)),
        };
        if let Err(failure) = added {
            // The reader must see that it ends in the middle; one that has gone sees nothing.
            let _ = chunks.blocking_send(Err(failure));
            return;
        }
    }
    let ended = zip.finish().map_err(io::Error::from).and_then(|stream| stream.into_inner().flush());
    if let Err(failure) = ended {
        warn!(error = %failure, "An archive was not read to its end");
    }
}

fn add<W: Write + io::Seek>(
    zip: &mut ZipWriter<W>,
    names: &mut HashMap<String, u32>,
    entry: &Entry,
) -> io::Result<()> {
    let times = names.entry(entry.name.clone()).and_modify(|times| *times += 1).or_insert(1);
    let name = match (*times, entry.name.rsplit_once('.')) {
        (1, _) => entry.name.clone(),
        (n, Some((stem, end))) => format!("{stem} ({n}).{end}"),
        (n, None) => format!("{} ({n})", entry.name),
    };
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(moment(entry.at_ms))
        .unix_permissions(0o600);
    zip.start_file(name, options)?;
    zip.write_all(&entry.bytes)
}

/// A moment on a wall clock in Romania; archives know no zones.
fn moment(at_ms: i64) -> zip::DateTime {
    let zoned = jiff::Timestamp::from_millisecond(at_ms).and_then(|time| time.in_tz("Europe/Bucharest"));
    let part = |number: i8| u8::try_from(number).unwrap_or_default();
    zoned
        .ok()
        .and_then(|t| {
            let year = u16::try_from(t.year()).ok()?;
            let (month, day) = (part(t.month()), part(t.day()));
            zip::DateTime::from_date_and_time(
                year,
                month,
                day,
                part(t.hour()),
                part(t.minute()),
                part(t.second()),
            )
            .ok()
        })
        .unwrap_or_default()
}

/// Hands what was written to the reader, in pieces of some size.
struct Chunks {
    waiting: Vec<u8>,
    chunks: mpsc::Sender<io::Result<Vec<u8>>>,
}

impl Chunks {
    fn send(&mut self) -> io::Result<()> {
        let chunk = std::mem::take(&mut self.waiting);
        if chunk.is_empty() {
            return Ok(());
        }
        let sent = Handle::current().block_on(timeout(READER_PATIENCE, self.chunks.send(Ok(chunk))));
        match sent {
            Ok(Ok(())) => Ok(()),
            _ => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }
}

impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= CHUNK_BYTES {
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.send()
    }
}

/// A file's bytes are gone though its row stands: the archive would lie by omission.
pub(crate) fn lost(name: &str) -> ApiError {
    error!(file = name, "The bytes of a kept file are not in the database");
    ApiError::Internal
}
