//! Calls to the running service's own API.

use std::{io::Write as _, path::Path, time::Duration};

use reqwest::{Method, RequestBuilder, Response, StatusCode};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::{Failure, args::ServiceArgs};

/// Longest wait for one answer; the service itself ends waits after five minutes.
const TIMEOUT: Duration = Duration::from_secs(330);

/// A problem as the API words it (RFC 9457).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Problem {
    title: String,
    detail: String,
    findings: Vec<Finding>,
}

/// Something that is wrong with a mapping.
#[derive(Debug, Deserialize)]
struct Finding {
    text: String,
}

/// A text in an answer, empty when it is none.
pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The service, as somebody with a token.
pub(super) struct Client<'a> {
    http: reqwest::Client,
    service: &'a ServiceArgs,
}

impl<'a> Client<'a> {
    pub(super) fn new(service: &'a ServiceArgs) -> Result<Self, Failure> {
        if !matches!(service.url.scheme(), "http" | "https") || service.url.host().is_none() {
            return Err(Failure::usage(anyhow::anyhow!("--url: expected e.g. http://127.0.0.1:8080")));
        }
        // An error means that a provider is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        #[expect(
            clippy::disallowed_methods,
            reason = "the operator's own service at an address that the operator typed is no remote of a merchant"
        )]
        let builder = reqwest::Client::builder();
        // The token goes to the typed address and nowhere else.
        let http = builder
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(Failure::failed)?;
        Ok(Self { http, service })
    }

    /// An address under `/api/v1/vendors`, every segment encoded.
    pub(super) fn vendors_url(&self, segments: &[&str]) -> Url {
        let mut url = self.service.url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["api", "v1", "vendors"]).extend(segments);
        }
        url
    }

    pub(super) async fn get(&self, url: Url) -> Result<Value, Failure> {
        Ok(self.call(Method::GET, url, None).await?.1)
    }

    pub(super) async fn post(&self, url: Url, body: &Value) -> Result<(StatusCode, Value), Failure> {
        self.call(Method::POST, url, Some(body)).await
    }

    pub(super) async fn put(&self, url: Url, body: &Value) -> Result<Value, Failure> {
        Ok(self.call(Method::PUT, url, Some(body)).await?.1)
    }

    pub(super) async fn delete(&self, url: Url) -> Result<Value, Failure> {
        Ok(self.call(Method::DELETE, url, None).await?.1)
    }

    async fn call(
        &self,
        method: Method,
        url: Url,
        body: Option<&Value>,
    ) -> Result<(StatusCode, Value), Failure> {
        let base = &self.service.url;
        let mut request = self.http.request(method, url).bearer_auth(self.service.token.expose_secret());
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = self.good(request).await?;
        let status = answer.status();
        let text = answer.text().await.map_err(|error| Failure::failed(error.without_url()))?;
        let value = serde_json::from_str(&text).map_err(|_| {
            Failure::Failed(anyhow::anyhow!("the answer of {base} is not JSON; does vortex listen there?"))
        })?;
        Ok((status, value))
    }

    /// Every item of a list, page after page.
    pub(super) async fn pages(&self, first: &Url) -> Result<Vec<Value>, Failure> {
        let (mut all, mut url) = (Vec::new(), first.clone());
        loop {
            let mut page = self.get(url).await?;
            if let Some(items) = page["items"].as_array_mut() {
                all.append(items);
            }
            let Some(cursor) = page["next_cursor"].as_str() else { return Ok(all) };
            url = first.clone();
            url.query_pairs_mut().append_pair("cursor", cursor);
        }
    }

    /// The address of a link that the service has given.
    pub(super) fn linked_url(&self, path: &str) -> Result<Url, Failure> {
        let segments = path.strip_prefix("/files/").filter(|token| !token.contains('/'));
        let token = segments.ok_or_else(|| {
            Failure::failed(anyhow::anyhow!("the service gives a link that is none; is it another version?"))
        })?;
        let mut url = self.service.url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["files", token]);
        }
        Ok(url)
    }

    /// Writes an answer to a file, whole or not at all. How many bytes that are.
    pub(super) async fn save(&self, url: Url, file: &Path) -> Result<u64, Failure> {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let unwritable = |error: std::io::Error| {
            Failure::usage(anyhow::Error::new(error).context(format!("{} cannot be written", file.display())))
        };
        std::fs::create_dir_all(folder).map_err(unwritable)?;
        let mut part = tempfile::NamedTempFile::new_in(folder).map_err(unwritable)?;
        let request = self.http.get(url).bearer_auth(self.service.token.expose_secret());
        let mut answer = self.good(request).await?;
        let mut bytes = 0;
        while let Some(chunk) = answer.chunk().await.map_err(|error| Failure::failed(error.without_url()))? {
            part.write_all(&chunk).map_err(unwritable)?;
            bytes += chunk.len() as u64;
        }
        part.persist(file).map_err(|error| unwritable(error.error))?;
        Ok(bytes)
    }

    /// The answer, if it is a good one.
    async fn good(&self, request: RequestBuilder) -> Result<Response, Failure> {
        let base = &self.service.url;
        let answer = request.send().await.map_err(|error| {
            let context =
                format!("the service at {base} does not answer; is it running, and is --url right?");
            Failure::Failed(anyhow::Error::new(error.without_url()).context(context))
        })?;
        let status = answer.status();
        let retry_after =
            answer.headers().get("retry-after").and_then(|value| value.to_str().ok()).map(str::to_owned);
        if status.is_success() {
            return Ok(answer);
        }
        let text = answer.text().await.map_err(|error| Failure::failed(error.without_url()))?;
        let problem: Problem = serde_json::from_str(&text).unwrap_or_default();
        let findings = problem.findings.into_iter().map(|finding| finding.text);
        let words =
            [problem.title, problem.detail].into_iter().chain(findings).filter(|words| !words.is_empty());
        let words = words.collect::<Vec<_>>().join(": ");
        let wait = retry_after.map(|seconds| format!("; try again in {seconds} s")).unwrap_or_default();
        let error = anyhow::anyhow!("the service at {base} answers {status}: {words}{wait}");
        Err(match status.as_u16() {
            // The service is well and the call is not.
            400..=404 | 409 | 422 => Failure::Usage(error),
            _ => Failure::Failed(error),
        })
    }
}
