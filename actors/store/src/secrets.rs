//! Secrets at rest: XChaCha20-Poly1305 under the installation's master key.
//!
//! Invariant: a ciphertext opens only in the row it was sealed for; vendor, connection and field are authenticated.

use std::{
    fmt, fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Generate, Payload},
};
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use secrecy::{ExposeSecret, SecretBox, SecretString};
use sha2::Sha256;
use vortex_domain::VendorId;
use zeroize::Zeroizing;

/// Bytes of the master key.
const KEY_BYTES: usize = 32;
/// Bytes of the nonce, random for every sealing.
const NONCE_BYTES: usize = 24;
/// First byte of a sealed value: how the rest is to be read.
const FORMAT: u8 = 1;

/// The master key cannot be had, or does not open what it should.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file cannot be read or written.
    #[error("the master key file {} cannot be {doing}; check the path and that only the service's user owns it", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// `read` or `created`.
        doing: &'static str,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Not 32 bytes in base64.
    #[error(
        "the master key from {origin} is not 32 bytes in base64; create one with `openssl rand -base64 32`"
    )]
    Malformed {
        /// The file, or the environment.
        origin: String,
    },
    /// The operating system gives no random bytes.
    #[error("the operating system gives no random bytes")]
    NoRandomness,
    /// Wrong key, wrong row, or changed bytes: nobody can tell which.
    #[error(
        "the stored secret `{field}` of connection `{connection}` of vendor `{vendor}` does not open with this master key in this row; enter it again"
    )]
    NotOurs {
        /// Owner.
        vendor: String,
        /// Which connection.
        connection: String,
        /// Which field.
        field: String,
    },
}

/// The key under which all secrets of the installation are sealed.
#[derive(Clone)]
pub struct MasterKey(Zeroizing<[u8; KEY_BYTES]>);

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

/// Where a secret lives; it opens nowhere else.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Owner.
    pub vendor: &'a str,
    /// The connection's name.
    pub connection: &'a str,
    /// The secret's name within the connection.
    pub field: &'a str,
}

impl Place<'_> {
    /// Length-prefixed, so that no two places look alike.
    fn associated_data(&self) -> Vec<u8> {
        let mut data = Vec::new();
        for part in [self.vendor, self.connection, self.field] {
            data.extend_from_slice(&(part.len() as u64).to_be_bytes());
            data.extend_from_slice(part.as_bytes());
        }
        data
    }

    fn not_ours(&self) -> SecretError {
        SecretError::NotOurs {
            vendor: self.vendor.to_owned(),
            connection: self.connection.to_owned(),
            field: self.field.to_owned(),
        }
    }
}

impl MasterKey {
    /// Reads the key from a file: 32 random bytes in base64.
    pub fn from_file(path: &Path) -> Result<Self, SecretError> {
        let text = fs::read_to_string(path).map(Zeroizing::new).map_err(|source| SecretError::File {
            path: path.to_owned(),
            doing: "read",
            source,
        })?;
        Self::decode(&text, || path.display().to_string())
    }

    /// Reads the key from the value of an environment variable (`VORTEX_MASTER_KEY`).
    pub fn from_env_value(value: &str) -> Result<Self, SecretError> {
        Self::decode(value, || "the environment".to_owned())
    }

    /// Creates the file with a new random key, readable by its owner only. An existing file is an error, never overwritten.
    pub fn create_file(path: &Path) -> Result<Self, SecretError> {
        let key = Self::generate()?;
        let text = Zeroizing::new(format!("{}\n", STANDARD.encode(key.0.as_slice())));
        create_private(path)
            .and_then(|mut file| {
                file.write_all(text.as_bytes())?;
                file.sync_all()
            })
            .map_err(|source| SecretError::File { path: path.to_owned(), doing: "created", source })?;
        Ok(key)
    }

    /// A new random key.
    pub fn generate() -> Result<Self, SecretError> {
        let key = <[u8; KEY_BYTES]>::try_generate().map_err(|_| SecretError::NoRandomness)?;
        Ok(Self(Zeroizing::new(key)))
    }

    fn decode(text: &str, origin: impl Fn() -> String) -> Result<Self, SecretError> {
        let bytes = STANDARD.decode(text.trim()).map(Zeroizing::new).ok();
        let key = bytes.and_then(|bytes| <[u8; KEY_BYTES]>::try_from(bytes.as_slice()).ok());
        key.map(|key| Self(Zeroizing::new(key))).ok_or_else(|| SecretError::Malformed { origin: origin() })
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.0).into())
    }

    /// Seals a secret for one place: base64 of format, nonce and ciphertext.
    pub fn seal(&self, place: Place<'_>, secret: &SecretString) -> Result<String, SecretError> {
        self.seal_bytes(place, secret.expose_secret().as_bytes())
    }

    /// Opens what [`Self::seal`] made for the same place.
    pub fn open(&self, place: Place<'_>, sealed: &str) -> Result<SecretString, SecretError> {
        let clear = self.open_bytes(place, sealed)?;
        std::str::from_utf8(&clear).map(SecretString::from).map_err(|_| place.not_ours())
    }

    fn seal_bytes(&self, place: Place<'_>, clear: &[u8]) -> Result<String, SecretError> {
        let nonce = XNonce::try_generate().map_err(|_| SecretError::NoRandomness)?;
        let payload = Payload { msg: clear, aad: &place.associated_data() };
        // Encryption fails only for texts of more than 256 GiB.
        let sealed = self.cipher().encrypt(&nonce, payload).map_err(|_| place.not_ours())?;
        let mut whole = Vec::with_capacity(1 + NONCE_BYTES + sealed.len());
        whole.push(FORMAT);
        whole.extend_from_slice(&nonce);
        whole.extend_from_slice(&sealed);
        Ok(STANDARD.encode(whole))
    }

    fn open_bytes(&self, place: Place<'_>, sealed: &str) -> Result<Zeroizing<Vec<u8>>, SecretError> {
        let whole = STANDARD.decode(sealed).map_err(|_| place.not_ours())?;
        let Some((&[FORMAT], rest)) = whole.split_first_chunk::<1>() else { return Err(place.not_ours()) };
        let Some((nonce, ciphertext)) = rest.split_first_chunk::<NONCE_BYTES>() else {
            return Err(place.not_ours());
        };
        let payload = Payload { msg: ciphertext, aad: &place.associated_data() };
        let clear = self.cipher().decrypt(&XNonce::from(*nonce), payload);
        clear.map(Zeroizing::new).map_err(|_| place.not_ours())
    }
}

/// Where the file key is sealed for; no vendor id can be empty.
const FILE_KEY_PLACE: Place<'_> = Place { vendor: "", connection: "", field: "file_key" };

/// The key under which files are sealed. It is stored sealed under the master key, so that another master key needs no
/// file to be sealed anew.
#[derive(Debug, Clone)]
pub(crate) struct FileKey(MasterKey);

impl FileKey {
    /// A new random key.
    pub(crate) fn generate() -> Result<Self, SecretError> {
        MasterKey::generate().map(Self)
    }

    /// The key as it is stored.
    pub(crate) fn sealed_under(&self, master: &MasterKey) -> Result<String, SecretError> {
        master.seal_bytes(FILE_KEY_PLACE, self.0.0.as_slice())
    }

    /// Opens the stored key.
    pub(crate) fn opened_with(master: &MasterKey, sealed: &str) -> Result<Self, SecretError> {
        let bytes = master.open_bytes(FILE_KEY_PLACE, sealed)?;
        let key = <[u8; KEY_BYTES]>::try_from(bytes.as_slice()).map_err(|_| FILE_KEY_PLACE.not_ours())?;
        Ok(Self(MasterKey(Zeroizing::new(key))))
    }

    /// What rows of the audit trail are sealed to each other with: a key of its own, derived from this one.
    pub(crate) fn audit_mac(&self) -> Hmac<Sha256> {
        // A key shorter than a block is filled up with zeros (RFC 2104).
        let keyed = |key: &[u8]| {
            let mut block = [0_u8; 64];
            block[..KEY_BYTES].copy_from_slice(key);
            Hmac::<Sha256>::new(&block.into())
        };
        let mut derive = keyed(self.0.0.as_slice());
        derive.update(b"vortex audit trail");
        keyed(&derive.finalize().into_bytes())
    }

    /// Seals a file's bytes for its vendor and hash.
    pub(crate) fn seal(&self, vendor: &VendorId, hash: &str, bytes: &[u8]) -> Result<String, SecretError> {
        self.0.seal_bytes(file_place(vendor, hash), bytes)
    }

    /// A key for another purpose, the same in every process and after every restart (HKDF, RFC 5869).
    pub(crate) fn derived(&self, purpose: &str) -> SecretBox<[u8; KEY_BYTES]> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        // Only a key of more than 255 hashes can fail; ours is one.
        let _ = Hkdf::<Sha256>::new(None, self.0.0.as_slice()).expand(purpose.as_bytes(), key.as_mut_slice());
        SecretBox::new(Box::new(*key))
    }

    /// Opens a file's bytes.
    pub(crate) fn open(&self, vendor: &VendorId, hash: &str, sealed: &str) -> Result<Vec<u8>, SecretError> {
        self.0.open_bytes(file_place(vendor, hash), sealed).map(|bytes| bytes.to_vec())
    }
}

fn file_place<'a>(vendor: &'a VendorId, hash: &'a str) -> Place<'a> {
    Place { vendor: vendor.as_str(), connection: "file", field: hash }
}

/// Creates a file that only its owner may read; fails when it exists.
pub(crate) fn create_private(path: &Path) -> std::io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).read(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
