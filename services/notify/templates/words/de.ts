import type { Words } from "./words.ts";

const parcel =
  "{% if order.carrier or order.tracking_number %} mit{% if order.carrier %} {{ order.carrier }}{% endif %}{% if order.tracking_number %} {{ order.tracking_number }}{% endif %}{% endif %}{% if order.tracking_url %}: {{ order.tracking_url }}{% else %}.{% endif %}";

const parcels = `{% if order.parcels.size > 1 %} in {{ order.parcels.size }} Paketen:{% for parcel in order.parcels %} {{ parcel.carrier | default: 'Paketdienst' }}{% if parcel.tracking_number %} {{ parcel.tracking_number }}{% endif %}{% if forloop.last %}.{% else %},{% endif %}{% endfor %}{% else %}${parcel}{% endif %}`;

const thanks =
  "{% if order.free %}Vielen Dank für Ihre Bestellung.{% else %}Vielen Dank, Ihre Zahlung{% if order.total %} von {{ order.total }}{% endif %} ist bei uns eingegangen.{% endif %}";

/** German. */
export const de: Words = {
  orders: {
    "order.placed": {
      subject: "Ihre Bestellung ist eingegangen ({{ order.id }})",
      title: "Vielen Dank für Ihre Bestellung",
      lead: "Wir haben Ihre Artikel für Sie reserviert und packen sie, sobald sie bezahlt sind.{% unless order.url %} Bezahlen können Sie dort, wo Sie bestellt haben.{% endunless %}",
      sms: "Ihre Bestellung {{ order.id }} ist eingegangen{% if order.held_until %} und bis {{ order.held_until }} reserviert{% endif %}. {% if order.url %}Bitte bezahlen Sie: {{ order.url }}{% else %}Bitte bezahlen Sie dort, wo Sie bestellt haben.{% endif %}",
    },
    "order.paid": {
      subject: "Bestätigung Ihrer Bestellung ({{ order.id }})",
      title: "Ihre Bestellung ist bestätigt",
      lead: `${thanks} Wir packen sie jetzt und melden uns, sobald sie {% if order.pick_up %}abholbereit{% else %}unterwegs{% endif %} ist.`,
      sms: "Bestellung {{ order.id }} ist bestätigt. Wir melden uns, sobald sie {% if order.pick_up %}abholbereit{% else %}unterwegs{% endif %} ist.",
    },
    "order.payment_instructions": {
      subject: "So bezahlen Sie Ihre Bestellung ({{ order.id }})",
      title: "Vielen Dank für Ihre Bestellung",
      lead: "Wir haben Ihre Artikel für Sie reserviert. Bitte überweisen Sie {{ order.total | default: 'den Betrag' }} wie unten angegeben; sobald das Geld bei uns ist, packen wir Ihre Bestellung.",
      sms: "bitte überweisen Sie {{ order.total | default: 'den Betrag' }} für die Bestellung {{ order.id }}{% if order.transfer %}{% if order.transfer.bank or order.transfer.account_number %} an{% if order.transfer.bank %} {{ order.transfer.bank }}{% endif %}{% if order.transfer.account_number %} {{ order.transfer.account_number }}{% endif %}{% endif %}{% if order.transfer.reference %}, Verwendungszweck {{ order.transfer.reference }}{% endif %}{% if order.transfer.deadline %}, spätestens am {{ order.transfer.deadline }}{% endif %}.{% else %}. Wie, steht in Ihrer E-Mail.{% endif %}",
    },
    "order.fulfilled": {
      subject:
        "Ihre Bestellung ist {% if order.pick_up %}abholbereit{% else %}unterwegs{% endif %} ({{ order.id }})",
      title: "Ihre Bestellung ist {% if order.pick_up %}abholbereit{% else %}unterwegs{% endif %}",
      lead: `${thanks} {% if order.pick_up %}Ihre Artikel liegen zur Abholung für Sie bereit.{% else %}{% if order.parcels.size > 1 %}Ihre Bestellung kommt in {{ order.parcels.size }} Paketen.{% else %}Ihr Paket ist fertig und geht jetzt an den Paketdienst.{% endif %}{% endif %}`,
      sms: `Bestellung {{ order.id }} ist {% if order.pick_up %}abholbereit.{% else %}unterwegs${parcels}{% endif %}`,
    },
    "order.shipped": {
      subject: "Ein Paket Ihrer Bestellung wurde verschickt ({{ order.id }})",
      title: "Ihr Paket wurde verschickt",
      lead: "{% if order.carrier %}{{ order.carrier }} hat es übernommen und bringt{% else %}Der Paketdienst hat es übernommen und bringt{% endif %} es zu Ihnen.",
      sms: `ein Paket der Bestellung {{ order.id }} wurde verschickt${parcel}`,
    },
    "order.delivered": {
      subject: "Ein Paket Ihrer Bestellung ist angekommen ({{ order.id }})",
      title: "Ihr Paket ist angekommen",
      lead: "{{ order.carrier | default: 'Der Paketdienst' }} meldet, dass es zugestellt wurde. Falls Sie es nicht haben, fragen Sie bitte zuerst Ihre Nachbarn und dann uns.",
      sms: "ein Paket der Bestellung {{ order.id }} ist angekommen.",
    },
    "order.canceled": {
      subject: "Ihre Bestellung wurde storniert ({{ order.id }})",
      title: "Ihre Bestellung wurde storniert",
      lead: "Es tut uns leid, dass es diesmal nicht geklappt hat. Es wird nichts davon {% if order.pick_up %}für Sie zurückgelegt{% else %}verschickt{% endif %}.",
      sms: "Bestellung {{ order.id }} wurde storniert.{% if order.cancel_reason %} Grund: {{ order.cancel_reason }}{% endif %}",
    },
    "order.expired": {
      subject: "Ihre Bestellung ist verfallen ({{ order.id }})",
      title: "Ihre Bestellung ist verfallen",
      lead: "Wir haben nicht rechtzeitig eine Zahlung erhalten. Die für Sie reservierten Artikel sind deshalb wieder im Verkauf. {% if order.by_transfer %}Bitte überweisen Sie das Geld nicht mehr. {% endif %}Sie können gern noch einmal bestellen.",
      sms: "Bestellung {{ order.id }} ist verfallen: Wir haben nicht rechtzeitig eine Zahlung erhalten.{% if order.by_transfer %} Bitte überweisen Sie das Geld nicht mehr.{% endif %}",
    },
    "order.refunded": {
      subject: "Erstattung zu Ihrer Bestellung ({{ order.id }})",
      title: "Ihre Erstattung ist unterwegs",
      lead: "Wir haben {{ order.refunded | default: 'Ihr Geld' }} auf dem Weg erstattet, auf dem Sie bezahlt haben. Bis Ihre Bank es anzeigt, können einige Tage vergehen.",
      sms: "wir haben {{ order.refunded | default: 'das Geld' }} für die Bestellung {{ order.id }} erstattet. Bis Ihre Bank es anzeigt, können einige Tage vergehen.",
    },
  },
  stock: {
    "stock.low": {
      subject:
        "{% if out %}Ausverkauft{% else %}Geringer Bestand{% endif %}: {% if items.size == 1 %}{{ items[0].name }}{% else %}{{ items.size }} Artikel{% endif %}",
      title:
        "{% if items.size == 1 %}{{ items[0].name }} {% if out %}ist ausverkauft{% else %}geht zur Neige{% endif %}{% else %}{{ items.size }} Artikel {% if out %}sind ausverkauft{% else %}gehen zur Neige{% endif %}{% endif %}",
      lead: "{% if out %}Bis zur nächsten Lieferung kann nichts davon bestellt werden.{% else %}Der Bestand hat die festgelegte Meldemenge erreicht. Es ist Zeit nachzubestellen.{% endif %}",
      footer: "Sie erhalten diese Nachricht, weil Sie sich um den Bestand von {{ shop.name }} kümmern.",
    },
    "stock.back": {
      subject:
        "Wieder lieferbar: {% if items.size == 1 %}{{ items[0].name }}{% else %}{{ items.size }} Artikel{% endif %}",
      title:
        "{% if items.size == 1 %}{{ items[0].name }} ist{% else %}{{ items.size }} Artikel sind{% endif %} wieder da",
      lead: "Sie wollten wissen, wann Sie wieder bestellen können: jetzt, solange der Vorrat reicht. Reserviert ist nichts für Sie.",
      footer: "Sie haben {{ shop.name }} um diese Nachricht gebeten. Eine weitere kommt nicht.",
    },
  },
  unsubscribe: {
    asking: {
      title: "Keine Nachrichten über Bestände mehr?",
      lead: "Wir melden Ihnen dann nicht mehr, dass etwas wieder lieferbar ist. Von Ihren Bestellungen hören Sie weiterhin.",
    },
    stopped: {
      title: "Sie erhalten keine Nachrichten über Bestände mehr",
      lead: "Von Ihren Bestellungen hören Sie weiterhin.",
    },
    button: "Nachrichten abbestellen",
  },
  orderLabels: {
    reason: "Grund",
    amount: "Betrag",
    bank: "Bank",
    held_until: "Für Sie reserviert bis",
    pay_now: "Jetzt bezahlen",
    not_chosen: "noch nicht gewählt",
    holder: "Kontoinhaber",
    account_number: "Kontonummer",
    bic: "BIC",
    bank_code: "Bankleitzahl",
    branch_code: "Filialnummer",
    account_type: "Kontoart",
    reference: "Verwendungszweck",
    pay_before: "Zahlbar bis",
    carrier: "Paketdienst",
    track: "Sendung verfolgen",
    label_pdf: "Versandetikett (PDF)",
    items: "Artikel",
    discount: "Rabatt",
    shipping: "Versand",
    shipping_discount: "Versandrabatt",
    taxes: "Steuern",
    total: "Gesamt",
    included_taxes: "Enthaltene Steuern",
    pick_up: "Abholung",
    pick_up_words: "Sie holen Ihre Bestellung ab.",
    goes_to: "Lieferadresse",
    order: "Bestellung",
    footer: "Sie erhalten diese Nachricht wegen Ihrer Bestellung {{ order.id }} bei {{ shop.name }}.",
  },
  stockLabels: {
    sku: "Artikelnummer",
    available: "Verfügbar",
    threshold: "Meldemenge",
    unsubscribe: "Solche Nachrichten abbestellen",
  },
};
