import type { Words } from "./words.ts";

const parcel =
  "{% if order.carrier or order.tracking_number %} with{% if order.carrier %} {{ order.carrier }}{% endif %}{% if order.tracking_number %} {{ order.tracking_number }}{% endif %}{% endif %}{% if order.tracking_url %}: {{ order.tracking_url }}{% else %}.{% endif %}";

const parcels = `{% if order.parcels.size > 1 %} in {{ order.parcels.size }} parcels:{% for parcel in order.parcels %} {{ parcel.carrier | default: 'carrier' }}{% if parcel.tracking_number %} {{ parcel.tracking_number }}{% endif %}{% if forloop.last %}.{% else %},{% endif %}{% endfor %}{% else %}${parcel}{% endif %}`;

const thanks =
  "{% if order.free %}Thank you for your order.{% else %}Thank you, we have received your payment{% if order.total %} of {{ order.total }}{% endif %}.{% endif %}";

/** English. */
export const en: Words = {
  orders: {
    "order.placed": {
      subject: "We have received your order ({{ order.id }})",
      title: "Thank you for your order",
      lead: "We hold your items for you, and pack them as soon as they are paid.{% unless order.url %} You can pay where you ordered them.{% endunless %}",
      sms: "we have received your order {{ order.id }}{% if order.held_until %} and hold it until {{ order.held_until }}{% endif %}. {% if order.url %}Please pay: {{ order.url }}{% else %}Please pay where you ordered it.{% endif %}",
    },
    "order.paid": {
      subject: "Your order is confirmed ({{ order.id }})",
      title: "Your order is confirmed",
      lead: `${thanks} We pack it now and tell you when {% if order.pick_up %}you can pick it up{% else %}it is on its way{% endif %}.`,
      sms: "order {{ order.id }} is confirmed. We tell you when {% if order.pick_up %}you can pick it up{% else %}it is on its way{% endif %}.",
    },
    "order.payment_instructions": {
      subject: "How to pay for your order ({{ order.id }})",
      title: "Thank you for your order",
      lead: "Your items are held for you. Please transfer {{ order.total | default: 'the amount' }} as described below; we pack your order as soon as the money is here.",
      sms: "please transfer {{ order.total | default: 'the amount' }} for order {{ order.id }}{% if order.transfer %}{% if order.transfer.bank or order.transfer.account_number %} to{% if order.transfer.bank %} {{ order.transfer.bank }}{% endif %}{% if order.transfer.account_number %} {{ order.transfer.account_number }}{% endif %}{% endif %}{% if order.transfer.reference %}, reference {{ order.transfer.reference }}{% endif %}{% if order.transfer.deadline %} before {{ order.transfer.deadline }}{% endif %}.{% else %}. Your e-mail says how.{% endif %}",
    },
    "order.fulfilled": {
      subject: "Your order is {% if order.pick_up %}ready{% else %}on its way{% endif %} ({{ order.id }})",
      title: "Your order is {% if order.pick_up %}ready{% else %}on its way{% endif %}",
      lead: `${thanks} {% if order.pick_up %}Your items wait for you to pick them up.{% else %}{% if order.parcels.size > 1 %}Your order goes out in {{ order.parcels.size }} parcels.{% else %}Your parcel has its label and goes to the carrier now.{% endif %}{% endif %}`,
      sms: `order {{ order.id }} is {% if order.pick_up %}ready: you can pick it up.{% else %}on its way${parcels}{% endif %}`,
    },
    "order.shipped": {
      subject: "A parcel of your order was sent ({{ order.id }})",
      title: "Your parcel was sent",
      lead: "{{ order.carrier | default: 'The carrier' }} has it now and brings it to you.",
      sms: `a parcel of order {{ order.id }} was sent${parcel}`,
    },
    "order.delivered": {
      subject: "A parcel of your order has arrived ({{ order.id }})",
      title: "Your parcel has arrived",
      lead: "{{ order.carrier | default: 'The carrier' }} says that it was delivered. If you do not have it, ask your neighbors first, then us.",
      sms: "a parcel of order {{ order.id }} has arrived.",
    },
    "order.canceled": {
      subject: "Your order was canceled ({{ order.id }})",
      title: "Your order was canceled",
      lead: "We are sorry that it did not work out this time. Nothing of it will be {% if order.pick_up %}kept for you{% else %}sent{% endif %}.",
      sms: "order {{ order.id }} was canceled.{% if order.cancel_reason %} Reason: {{ order.cancel_reason }}{% endif %}",
    },
    "order.expired": {
      subject: "Your order has expired ({{ order.id }})",
      title: "Your order has expired",
      lead: "We received no payment in time, so the items that we held for you are on sale again. {% if order.by_transfer %}Please do not transfer the money any more. {% endif %}You are welcome to order once more.",
      sms: "order {{ order.id }} has expired: we received no payment in time.{% if order.by_transfer %} Please do not transfer the money any more.{% endif %}",
    },
    "order.refunded": {
      subject: "A refund for your order ({{ order.id }})",
      title: "Your refund is on its way",
      lead: "We have given {{ order.refunded | default: 'your money' }} back to where it came from. Your bank may take some days to show it.",
      sms: "{{ order.refunded | default: 'the money' }} for order {{ order.id }} was given back. Your bank may take some days to show it.",
    },
  },
  stock: {
    "stock.low": {
      subject:
        "{% if out %}Out of stock{% else %}Low stock{% endif %}: {% if items.size == 1 %}{{ items[0].name }}{% else %}{{ items.size }} products{% endif %}",
      title:
        "{% if items.size == 1 %}{{ items[0].name }} {% if out %}is out of stock{% else %}runs low{% endif %}{% else %}{{ items.size }} products {% if out %}are out of stock{% else %}run low{% endif %}{% endif %}",
      lead: "{% if out %}Nothing of it can be ordered any more, until more is delivered.{% else %}It has come down to the threshold that was set for it. It is time to order more.{% endif %}",
      footer: "You receive this message because you look after the stock of {{ shop.name }}.",
    },
    "stock.back": {
      subject:
        "Back in stock: {% if items.size == 1 %}{{ items[0].name }}{% else %}{{ items.size }} products{% endif %}",
      title:
        "{% if items.size == 1 %}{{ items[0].name }} is back{% else %}{{ items.size }} products are back{% endif %}",
      lead: "You wanted to know when it can be ordered again: it can, while stocks last. Nothing is held for you.",
      footer: "You asked {{ shop.name }} for this message. There will be no other.",
    },
  },
  unsubscribe: {
    asking: {
      title: "No more notices of stock?",
      lead: "We will not tell you any more that something is back. You will still hear of your orders.",
    },
    stopped: {
      title: "You get no more notices of stock",
      lead: "You will still hear of your orders.",
    },
    button: "Stop these notices",
  },
  orderLabels: {
    reason: "Reason",
    amount: "Amount",
    bank: "Bank",
    held_until: "Held for you until",
    pay_now: "Pay now",
    not_chosen: "not chosen yet",
    holder: "Account holder",
    account_number: "Account number",
    bic: "BIC",
    bank_code: "Routing number or sort code",
    branch_code: "Branch code",
    account_type: "Account type",
    reference: "Reference",
    pay_before: "Pay before",
    carrier: "Carrier",
    track: "Track your parcel",
    label_pdf: "Shipping label (PDF)",
    items: "Items",
    discount: "Discount",
    shipping: "Shipping",
    shipping_discount: "Shipping discount",
    taxes: "Taxes",
    total: "Total",
    included_taxes: "Included taxes",
    pick_up: "Pick-up",
    pick_up_words: "You pick your order up.",
    goes_to: "Goes to",
    order: "Order",
    footer: "You receive this message because of your order {{ order.id }} at {{ shop.name }}.",
  },
  stockLabels: {
    sku: "SKU",
    available: "Available",
    threshold: "Threshold",
    unsubscribe: "Stop such messages",
  },
};
