//! `vortex audit`

use serde_json::json;
use vortex_store::registry::{AuditHead, AuditVerdict};

use super::{
    Failure, Outcome,
    args::people::{AuditAction, AuditArgs, AuditVerifyArgs},
    say, say_json,
};

pub(super) async fn run(args: AuditArgs) -> Outcome {
    let AuditAction::Verify(args) = args.action;
    verify(args).await
}

async fn verify(args: AuditVerifyArgs) -> Outcome {
    let config = super::config(&args.config)?;
    let store = super::open(&config).await?;
    let noted = args.head.map(|(seq, mac)| AuditHead { seq, mac });
    let verdict = store.verify_audit(noted.as_ref()).await.map_err(Failure::failed)?;
    store.close().await;
    if args.json {
        say_json(&match &verdict {
            AuditVerdict::Whole(head) => json!({"ok": true, "head": format!("{}:{}", head.seq, head.mac)}),
            AuditVerdict::Broken { seq } => json!({"ok": false, "broken_at": seq}),
            AuditVerdict::HeadMissing => json!({"ok": false, "head_missing": true}),
        })?;
    } else {
        match &verdict {
            AuditVerdict::Whole(head) => {
                say(format_args!("The audit trail is whole: {} entries.", head.seq));
                say(format_args!("{}:{}", head.seq, head.mac));
            }
            AuditVerdict::Broken { seq } => say(format_args!(
                "The audit trail is broken at entry {seq}: it was edited, or entries before it were removed or inserted. Compare with a backup."
            )),
            AuditVerdict::HeadMissing => say(
                "The audit trail does not contain the end that was noted: entries were cut off. Compare with a backup.",
            ),
        }
    }
    Ok(matches!(verdict, AuditVerdict::Whole(_)))
}
