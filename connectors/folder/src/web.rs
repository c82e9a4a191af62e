//! A folder behind a web address.

use vortex_domain::{Entropy, VendorId};
use vortex_port::{
    CallError,
    connection::SettingsError,
    http::{Answer, Auth, EgressPolicy, HttpCall, HttpClient, Limits, Method, Remote, encode_segment},
};

use crate::{MOST_BYTES, Trouble, settings::wrong};

pub(crate) struct WebFolder {
    http: HttpClient,
}

/// What changes while a file is written, as far as the server says it.
struct Look {
    bytes: Option<u64>,
    tag: Option<String>,
    modified: Option<String>,
}

impl Look {
    fn at(answer: &Answer) -> Self {
        let header = |name: &str| answer.headers.get(name)?.to_str().ok().map(str::to_owned);
        Self {
            bytes: header("content-length").and_then(|length| length.trim().parse().ok()),
            tag: header("etag"),
            modified: header("last-modified"),
        }
    }

    /// Whether nothing that both looks know has changed.
    fn agrees_with(&self, later: &Self) -> bool {
        fn same<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
            one.zip(other).is_none_or(|(one, other)| one == other)
        }
        same(self.bytes.as_ref(), later.bytes.as_ref())
            && same(self.tag.as_ref(), later.tag.as_ref())
            && same(self.modified.as_ref(), later.modified.as_ref())
    }

    /// Whether the two looks have anything to compare.
    fn tells(&self, later: &Self) -> bool {
        self.bytes.is_some() && later.bytes.is_some() || self.tag.is_some() && later.tag.is_some()
    }
}

/// What a path leads to.
pub(crate) enum Found {
    Nothing,
    Something(Answer),
}

impl WebFolder {
    pub(crate) fn new(
        vendor: &VendorId,
        connection: &str,
        remote: &str,
        url: String,
        egress: EgressPolicy,
        entropy: Entropy,
    ) -> Result<Self, SettingsError> {
        let http = HttpClient::new(Remote {
            vendor: vendor.clone(),
            connection: remote.to_owned(),
            base_url: url,
            auth: Auth::None,
            limits: Limits { body_limit: MOST_BYTES, same_host_redirects: true, ..Limits::default() },
            egress,
            entropy,
        })
        .map_err(|error| wrong(connection, "folder_url", error.why))?;
        Ok(Self { http })
    }

    /// The bytes of a file that looks the same twice; none when it is absent or changing.
    pub(crate) async fn fetch(&self, segments: &[String]) -> Result<Option<Vec<u8>>, Trouble> {
        let path = path_of(segments)?;
        // Servers that know no HEAD say so with any status; the GET decides.
        let head = HttpCall::new("invoice_pdf.head", Method::HEAD, path.as_str()).answers_5xx();
        let head = self.http.read(&head).await?;
        if is_absent(&head) {
            return Ok(None);
        }
        let before = head.is_success().then(|| Look::at(&head));
        let Found::Something(answer) = self.get(&path).await? else { return Ok(None) };
        let after = Look::at(&answer);
        // A HEAD that knows nothing, or something else, may be the server's own failing: then two GETs must be equal.
        let rests = match before {
            Some(before) if before.tells(&after) && before.agrees_with(&after) => true,
            _ => match self.get(&path).await? {
                Found::Something(again) => again.body == answer.body,
                Found::Nothing => false,
            },
        };
        Ok(rests.then_some(answer.body))
    }

    async fn get(&self, path: &str) -> Result<Found, CallError> {
        let answer = self.http.read(&HttpCall::get("invoice_pdf.get", path)).await?;
        match answer.status {
            200 => Ok(Found::Something(answer)),
            _ if is_absent(&answer) => Ok(Found::Nothing),
            status => Err(CallError::Refused {
                connection: self.http.connection().to_owned(),
                status,
                message: answer.summary(),
            }),
        }
    }

    /// Asks for a file that no invoice has.
    pub(crate) async fn ask_for_nothing(&self) -> Result<Found, CallError> {
        self.get("/no-such-invoice.pdf").await
    }
}

fn is_absent(answer: &Answer) -> bool {
    matches!(answer.status, 404 | 410)
}

fn path_of(segments: &[String]) -> Result<String, Trouble> {
    let encoded = segments.iter().map(|segment| encode_segment(segment).map(|segment| format!("/{segment}")));
    encoded.collect::<Option<String>>().ok_or_else(|| {
        let name = segments.join("/");
        Trouble::Implausible(format!("`{name}` cannot be the name of a file; correct the series in the ERP"))
    })
}
