//! The control interface and the log file.

use serde_json::{Value, json};
use vortex_simulators::LogTarget;
use vortex_simulators::dhl::{DhlSim, DhlSimOptions};

use super::support::{ACCOUNT, HOUR_MS, KEY, NOW_MS, Rig, SECRET, client, read, to_sweden};

impl Rig {
    async fn control(&self, method: reqwest::Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let mut request = self.http.request(method, format!("{}{path}", self.sim.control_url()));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = read(request).await.unwrap();
        (answer.status, answer.json())
    }
}

#[tokio::test]
async fn another_process_can_do_what_a_holder_can() {
    use reqwest::Method;
    let rig = Rig::new().await;
    let awb = rig.mint(&to_sweden("R-1")).await;
    assert_eq!(rig.control(Method::GET, "/health", None).await, (200, json!({"ok": true})));
    let scans = format!("/shipments/{awb}/scans");
    assert_eq!(rig.control(Method::POST, &scans, Some(json!({"code": "PU"}))).await.0, 200);
    assert_eq!(rig.control(Method::POST, &scans, Some(json!({"codes": ["AR", "WC"]}))).await.0, 200);
    assert_eq!(rig.control(Method::POST, &format!("/shipments/{awb}/return"), None).await.0, 200);
    assert_eq!(rig.control(Method::POST, "/shipments/1/scans", Some(json!({"code": "PU"}))).await.0, 404);
    let (_, shipment) = rig.control(Method::GET, &format!("/shipments/{awb}"), None).await;
    let codes: Vec<&str> =
        shipment["events"].as_array().unwrap().iter().map(|e| e["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["DUMMY_PU", "PU", "AR", "WC", "RD", "RT"]);
    let (_, all) = rig.control(Method::GET, "/shipments", None).await;
    assert_eq!(all.as_array().unwrap().len(), 1);
    assert_eq!(rig.control(Method::GET, "/pickups", None).await.1, json!([]));

    let (_, clock) = rig.control(Method::PUT, "/clock", Some(json!({"advance_ms": HOUR_MS}))).await;
    assert!(clock["now_ms"].as_i64().unwrap() >= NOW_MS + HOUR_MS);
    let (_, faults) = rig
        .control(Method::PUT, "/faults", Some(json!([{"route": "POST", "mode": "drop", "next": 1}])))
        .await;
    assert_eq!(faults["rules"][0]["next"], 1);
    assert!(rig.try_call(Method::POST, "/shipments", Some(&to_sweden("R-2"))).await.is_err());
    let (_, faults) = rig.control(Method::DELETE, "/faults", None).await;
    assert_eq!(faults, json!({"rules": [], "injected": 1}));

    let patch = json!({"own_numbers": true, "dialect": {"status": "number"}, "quota_per_day": 500});
    let (status, options) = rig.control(Method::PATCH, "/options", Some(patch)).await;
    assert_eq!((status, &options["dialect"]["status"]), (200, &json!("number")));
    assert!(rig.sim.options().own_numbers && rig.sim.options().quota_per_day == Some(500));
    assert_eq!(rig.control(Method::PATCH, "/options", Some(json!({"owned": true}))).await.0, 400);
    let (_, log) = rig.control(Method::GET, "/log?after=1&kind=scan", None).await;
    assert_eq!(log.as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn the_log_can_be_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dhl.jsonl");
    let options = DhlSimOptions {
        accounts: vec![(KEY.to_owned(), SECRET.to_owned(), ACCOUNT.to_owned())],
        log: LogTarget::File(path.clone()),
        ..DhlSimOptions::default()
    };
    options.clock.set_ms(NOW_MS);
    let rig = Rig { sim: DhlSim::start(options).await.unwrap(), http: client() };
    let awb = rig.mint(&to_sweden("R-1")).await;
    rig.sim.stop();
    rig.sim.stopped().await;
    let text = std::fs::read_to_string(&path).unwrap();
    let entry: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!((&entry["kind"], &entry["awb"]), (&json!("minted"), &json!(awb)));
}
