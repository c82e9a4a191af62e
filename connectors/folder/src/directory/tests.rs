use std::{
    io::Write as _,
    time::{Duration, SystemTime},
};

use tempfile::TempDir;
use vortex_domain::clock::ManualClock;

use super::*;

/// When the files of these tests were last changed.
const CHANGED_MS: i64 = 1_800_000_000_000;

fn put(directory: &Path, name: &str, bytes: &[u8]) {
    let mut file = std::fs::File::create(directory.join(name)).unwrap();
    file.write_all(bytes).unwrap();
    touch(&file, CHANGED_MS);
}

fn touch(file: &std::fs::File, at_ms: i64) {
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_millis(at_ms.try_into().unwrap())).unwrap();
}

fn directory(root: &TempDir, age_ms: i64) -> Directory {
    Directory::new(root.path().to_owned(), Arc::new(ManualClock::at(CHANGED_MS + age_ms)))
}

async fn fetch(directory: &Directory, segments: &[&str]) -> Result<Option<Vec<u8>>, Trouble> {
    let segments: Vec<String> = segments.iter().map(|&segment| segment.to_owned()).collect();
    directory.fetch(&segments).await
}

#[tokio::test]
async fn a_file_at_rest_is_read() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "F1.pdf", b"bytes");
    std::fs::create_dir(root.path().join("2026")).unwrap();
    put(&root.path().join("2026"), "F2.pdf", b"below");
    let directory = directory(&root, QUIET_MS);
    assert_eq!(fetch(&directory, &["F1.pdf"]).await.unwrap().unwrap(), b"bytes");
    assert_eq!(fetch(&directory, &["2026", "F2.pdf"]).await.unwrap().unwrap(), b"below");
    assert_eq!(fetch(&directory, &["F3.pdf"]).await.unwrap(), None);
    assert_eq!(fetch(&directory, &["2025", "F2.pdf"]).await.unwrap(), None);
    assert_eq!(directory.count().await.unwrap(), 2);
}

#[tokio::test]
async fn a_fresh_file_is_still_being_written() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "F1.pdf", b"bytes");
    assert_eq!(fetch(&directory(&root, QUIET_MS - 1), &["F1.pdf"]).await.unwrap(), None);
}

/// F56: the first half of a file must not become the document.
#[tokio::test]
async fn a_file_that_changes_under_our_eyes_is_still_being_written() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "F1.pdf", b"first half");
    let directory = Arc::new(directory(&root, QUIET_MS));
    let reading = tokio::spawn({
        let directory = Arc::clone(&directory);
        async move { fetch(&directory, &["F1.pdf"]).await.unwrap() }
    });
    // Written to until the reading ends, so that some write falls between its two looks.
    while !reading.is_finished() {
        let mut file = std::fs::OpenOptions::new().append(true).open(root.path().join("F1.pdf")).unwrap();
        file.write_all(b"+").unwrap();
        touch(&file, CHANGED_MS);
        tokio::task::yield_now().await;
    }
    assert_eq!(reading.await.unwrap(), None);
}

#[tokio::test]
async fn nothing_outside_of_the_directory_is_read() {
    let root = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    put(outside.path(), "secret.pdf", b"secret");
    let inner = root.path().join("inner");
    std::fs::create_dir(&inner).unwrap();
    put(root.path(), "above.pdf", b"secret");
    std::os::unix::fs::symlink(outside.path().join("secret.pdf"), inner.join("link.pdf")).unwrap();
    std::os::unix::fs::symlink(inner.join("own.pdf"), inner.join("alias.pdf")).unwrap();
    put(&inner, "own.pdf", b"own");
    let directory = Directory::new(inner, Arc::new(ManualClock::at(CHANGED_MS + QUIET_MS)));
    let absolute = outside.path().join("secret.pdf").to_string_lossy().into_owned();
    for name in ["../above.pdf", "..", ".", "", "a/../own.pdf", "a\\b.pdf", "link.pdf", "F\0.pdf", &absolute]
    {
        let read = fetch(&directory, &[name]).await;
        assert!(matches!(read, Err(Trouble::Implausible(_))), "{name}: {read:?}");
    }
    assert_eq!(fetch(&directory, &["alias.pdf"]).await.unwrap().unwrap(), b"own");
}

#[tokio::test]
async fn too_large_and_no_file_are_said() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "F1.pdf", &vec![b'x'; MOST_BYTES + 1]);
    std::fs::create_dir(root.path().join("F2.pdf")).unwrap();
    let directory = directory(&root, QUIET_MS);
    for (name, words) in [("F1.pdf", "longer than"), ("F2.pdf", "not a file")] {
        let read = fetch(&directory, &[name]).await;
        assert!(matches!(&read, Err(Trouble::Implausible(why)) if why.contains(words)), "{name}: {read:?}");
    }
}

/// A share that is not mounted is not a folder without invoices.
#[tokio::test]
async fn a_missing_directory_is_no_absence() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "file", b"");
    let clock = Arc::new(ManualClock::at(CHANGED_MS));
    for path in ["away", "file"] {
        let directory = Directory::new(root.path().join(path), clock.clone());
        let read = fetch(&directory, &["F1.pdf"]).await;
        assert!(matches!(read, Err(Trouble::Unreadable(_))), "{path}: {read:?}");
        assert!(directory.count().await.is_err());
    }
}
