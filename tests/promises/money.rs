//! F37: CDON's amounts exclude VAT, whatever its support says (cdon.md 12.3).

use rust_decimal::Decimal;
use serde_json::{Value, json};
use vortex_domain::attention::Code;
use vortex_entities::Flow;
use vortex_simulators::{cdon::Market, winmentor::ErpOrderView};

use crate::story::{MERCHANT, Story};

fn place(story: &Story, id: &str, market: Market, quantity: u32, amounts: [&str; 3]) -> String {
    let number = |text: &str| text.parse::<serde_json::Number>().map(Value::from).expect("a number");
    let [net, vat, rate] = amounts.map(number);
    let price = json!({"amount": net, "vat_amount": vat, "vat_rate": rate, "currency": market.currency()});
    let address = json!({"full_name": "Åsa Öberg", "street_address": "Stårgatan 1", "postal_code": "11122",
                         "city": "Stockholm", "country": "Sweden", "phone_number": "+46701234567"});
    let order = json!({"id": id, "article_sku": story.article(0).code, "title": "Ciocan", "quantity": quantity,
                       "price": price, "total_price": price, "market": market, "shipping_address": address});
    story.world.channel.place_raw(MERCHANT, order).expect("the simulator takes it")
}

/// What WinMentor holds for the order, lei without VAT.
fn total(document: &ErpOrderView) -> Decimal {
    document.lines.iter().map(|l| (l.qty * l.price).round_dp(2)).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_say_what_the_buyer_paid() {
    let story = Story::begin().await;
    let fixed = "[rates]\nsource = \"fixed\"\nfixed = { SEK = 0.46, DKK = 0.68, NOK = 0.435, EUR = 5.07 }\n";
    story
        .apply(|file, _| {
            let (before, after) = file.split_once("[rates]\n").expect("the section");
            let (_, after) = after.split_once("\n\n").expect("its end");
            format!("{before}{fixed}\n{after}")
        })
        .await;
    // Sold at 399,00 SEK and 1.255,00 EUR with VAT; three for 100,00 SEK do not divide.
    let table = [
        ("sweden-25", Market::Se, 1, ["319.20", "79.80", "0.25"], "146.83", "399.00 SEK"),
        ("finland-255", Market::Fi, 1, ["1000.00", "255.00", "0.255"], "5070.00", "1255.00 EUR"),
        ("sweden-three", Market::Se, 3, ["80.00", "20.00", "0.25"], "36.80", "100.00 SEK"),
        ("denmark-25", Market::Dk, 2, ["0.08", "0.02", "0.25"], "0.05", "0.10 DKK"),
    ];
    for (id, market, quantity, amounts, ..) in table {
        place(&story, id, market, quantity, amounts);
    }
    // The gross where the net belongs: 25 % of 399,00 is not 79,80.
    let wrong = place(&story, "gross-for-net", Market::Se, 1, ["399.00", "79.80", "0.25"]);
    story.run_all(&[Flow::Orders, Flow::Booking]).await;
    story.settled().await;
    for (id, _, quantity, _, net_ron, paid) in table {
        let document = story.document(id);
        assert_eq!(total(&document), net_ron.parse().expect("a number"), "{id}: {document:?}");
        assert_eq!(document.lines.iter().map(|l| l.qty).sum::<Decimal>(), Decimal::from(quantity), "{id}");
        // What was paid, VAT included, stands in the remark for people.
        assert!(document.remark.contains(paid), "{id}: {}", document.remark);
    }
    assert_eq!((story.documents(&wrong), story.told_of(&wrong).await), (0, vec![Code::AmountsDisagree]));

    // CDON corrects it: it goes by itself.
    story.world.channel.amend(&wrong, &json!({"price": {"amount": 319.2}})).expect("it can be amended");
    story.run(Flow::Orders).await;
    story.settled().await;
    assert_eq!(total(&story.document(&wrong)), "146.83".parse().expect("a number"));
    assert_eq!(story.told_of(&wrong).await, []);
    story.end().await;
}
