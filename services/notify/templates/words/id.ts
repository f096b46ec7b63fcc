import type { Words } from "./words.ts";

const parcel =
  "{% if order.carrier or order.tracking_number %} dengan{% if order.carrier %} {{ order.carrier }}{% endif %}{% if order.tracking_number %} {{ order.tracking_number }}{% endif %}{% endif %}{% if order.tracking_url %}: {{ order.tracking_url }}{% else %}.{% endif %}";

const parcels = `{% if order.parcels.size > 1 %} dalam {{ order.parcels.size }} paket:{% for parcel in order.parcels %} {{ parcel.carrier | default: 'kurir' }}{% if parcel.tracking_number %} {{ parcel.tracking_number }}{% endif %}{% if forloop.last %}.{% else %},{% endif %}{% endfor %}{% else %}${parcel}{% endif %}`;

const thanks =
  "{% if order.free %}Terima kasih atas pesanan Anda.{% else %}Terima kasih, pembayaran Anda{% if order.total %} sebesar {{ order.total }}{% endif %} sudah kami terima.{% endif %}";

/** Indonesian. */
export const id: Words = {
  orders: {
    "order.placed": {
      subject: "Pesanan Anda sudah kami terima ({{ order.id }})",
      title: "Terima kasih atas pesanan Anda",
      lead: "Barang Anda sudah kami simpan, dan kami kemas begitu dibayar.{% unless order.url %} Anda dapat membayar di toko tempat Anda memesan.{% endunless %}",
      sms: "pesanan {{ order.id }} sudah kami terima{% if order.held_until %} dan kami simpan sampai {{ order.held_until }}{% endif %}. {% if order.url %}Silakan bayar: {{ order.url }}{% else %}Silakan bayar di toko tempat Anda memesan.{% endif %}",
    },
    "order.paid": {
      subject: "Pesanan Anda dikonfirmasi ({{ order.id }})",
      title: "Pesanan Anda dikonfirmasi",
      lead: `${thanks} Pesanan segera kami kemas, dan kami kabari begitu {% if order.pick_up %}siap diambil{% else %}dikirim{% endif %}.`,
      sms: "pesanan {{ order.id }} dikonfirmasi. Kami kabari begitu {% if order.pick_up %}siap diambil{% else %}dikirim{% endif %}.",
    },
    "order.payment_instructions": {
      subject: "Cara membayar pesanan Anda ({{ order.id }})",
      title: "Terima kasih atas pesanan Anda",
      lead: "Barang Anda sudah kami simpan. Silakan transfer {{ order.total | default: 'jumlah yang tertera' }} sesuai petunjuk di bawah ini; pesanan Anda kami kemas begitu dana kami terima.",
      sms: "silakan transfer {{ order.total | default: 'jumlah yang tertera' }} untuk pesanan {{ order.id }}{% if order.transfer %}{% if order.transfer.bank or order.transfer.account_number %} ke{% if order.transfer.bank %} {{ order.transfer.bank }}{% endif %}{% if order.transfer.account_number %} {{ order.transfer.account_number }}{% endif %}{% endif %}{% if order.transfer.reference %}, berita transfer {{ order.transfer.reference }}{% endif %}{% if order.transfer.deadline %}, sebelum {{ order.transfer.deadline }}{% endif %}.{% else %}. Caranya ada di e-mail Anda.{% endif %}",
    },
    "order.fulfilled": {
      subject:
        "Pesanan Anda {% if order.pick_up %}siap diambil{% else %}sedang dalam perjalanan{% endif %} ({{ order.id }})",
      title: "Pesanan Anda {% if order.pick_up %}siap diambil{% else %}sedang dalam perjalanan{% endif %}",
      lead: `${thanks} {% if order.pick_up %}Barang Anda siap untuk diambil.{% else %}{% if order.parcels.size > 1 %}Pesanan Anda dikirim dalam {{ order.parcels.size }} paket.{% else %}Paket Anda sudah berlabel dan segera diserahkan ke kurir.{% endif %}{% endif %}`,
      sms: `pesanan {{ order.id }} {% if order.pick_up %}siap diambil.{% else %}sedang dalam perjalanan${parcels}{% endif %}`,
    },
    "order.shipped": {
      subject: "Paket untuk pesanan Anda sudah dikirim ({{ order.id }})",
      title: "Paket Anda sudah dikirim",
      lead: "Paket sudah berada di {{ order.carrier | default: 'kurir' }} dan sedang diantar ke alamat Anda.",
      sms: `paket untuk pesanan {{ order.id }} sudah dikirim${parcel}`,
    },
    "order.delivered": {
      subject: "Paket untuk pesanan Anda sudah tiba ({{ order.id }})",
      title: "Paket Anda sudah tiba",
      lead: "Menurut {{ order.carrier | default: 'kurir' }}, paket sudah diantar. Jika belum Anda terima, tanyakan dulu kepada tetangga, lalu hubungi kami.",
      sms: "paket untuk pesanan {{ order.id }} sudah tiba.",
    },
    "order.canceled": {
      subject: "Pesanan Anda dibatalkan ({{ order.id }})",
      title: "Pesanan Anda dibatalkan",
      lead: "Mohon maaf, pesanan ini tidak dapat dilanjutkan. Tidak ada barang yang akan {% if order.pick_up %}disimpan untuk Anda{% else %}dikirim{% endif %}.",
      sms: "pesanan {{ order.id }} dibatalkan.{% if order.cancel_reason %} Alasan: {{ order.cancel_reason }}{% endif %}",
    },
    "order.expired": {
      subject: "Pesanan Anda sudah kedaluwarsa ({{ order.id }})",
      title: "Pesanan Anda sudah kedaluwarsa",
      lead: "Kami tidak menerima pembayaran tepat waktu, sehingga barang yang kami simpan untuk Anda dijual kembali. {% if order.by_transfer %}Mohon jangan mentransfer uangnya lagi. {% endif %}Silakan memesan kembali kapan saja.",
      sms: "pesanan {{ order.id }} sudah kedaluwarsa: kami tidak menerima pembayaran tepat waktu.{% if order.by_transfer %} Mohon jangan mentransfer uangnya lagi.{% endif %}",
    },
    "order.refunded": {
      subject: "Pengembalian dana untuk pesanan Anda ({{ order.id }})",
      title: "Pengembalian dana Anda sedang diproses",
      lead: "Kami sudah mengembalikan {{ order.refunded | default: 'uang Anda' }} melalui cara pembayaran yang Anda pakai. Bank Anda mungkin memerlukan beberapa hari untuk menampilkannya.",
      sms: "{{ order.refunded | default: 'uang' }} untuk pesanan {{ order.id }} sudah dikembalikan. Bank Anda mungkin memerlukan beberapa hari untuk menampilkannya.",
    },
  },
  stock: {
    "stock.low": {
      subject:
        "{% if out %}Stok habis{% else %}Stok menipis{% endif %}: {% if items.size == 1 %}{{ items[0].name }}{% else %}{{ items.size }} produk{% endif %}",
      title:
        "{% if items.size == 1 %}{{ items[0].name }}{% else %}{{ items.size }} produk{% endif %} {% if out %}habis{% else %}hampir habis{% endif %}",
      lead: "{% if out %}Barang ini tidak dapat dipesan sampai ada kiriman baru.{% else %}Stok sudah mencapai batas yang ditetapkan. Sudah waktunya memesan lagi.{% endif %}",
      footer: "Anda menerima pesan ini karena Anda mengurus stok {{ shop.name }}.",
    },
    "stock.back": {
      subject:
        "Tersedia lagi: {% if items.size == 1 %}{{ items[0].name }}{% else %}{{ items.size }} produk{% endif %}",
      title:
        "{% if items.size == 1 %}{{ items[0].name }}{% else %}{{ items.size }} produk{% endif %} tersedia lagi",
      lead: "Anda ingin tahu kapan barang ini dapat dipesan lagi: sekarang, selama persediaan masih ada. Kami tidak menyimpannya untuk Anda.",
      footer: "Anda meminta pesan ini dari {{ shop.name }}. Tidak akan ada pesan lain.",
    },
  },
  unsubscribe: {
    asking: {
      title: "Berhenti menerima kabar stok?",
      lead: "Kami tidak akan lagi mengabari Anda bahwa suatu barang tersedia lagi. Kabar tentang pesanan Anda tetap kami kirim.",
    },
    stopped: {
      title: "Anda tidak akan menerima kabar stok lagi",
      lead: "Kabar tentang pesanan Anda tetap kami kirim.",
    },
    button: "Berhenti menerima",
  },
  orderLabels: {
    reason: "Alasan",
    amount: "Jumlah",
    bank: "Bank",
    held_until: "Disimpan untuk Anda sampai",
    pay_now: "Bayar sekarang",
    not_chosen: "belum dipilih",
    holder: "Nama pemilik rekening",
    account_number: "Nomor rekening",
    bic: "BIC",
    bank_code: "Kode bank",
    branch_code: "Kode cabang",
    account_type: "Jenis rekening",
    reference: "Berita transfer",
    pay_before: "Bayar sebelum",
    carrier: "Kurir",
    track: "Lacak paket Anda",
    label_pdf: "Label pengiriman (PDF)",
    items: "Barang",
    discount: "Diskon",
    shipping: "Ongkos kirim",
    shipping_discount: "Diskon ongkos kirim",
    taxes: "Pajak",
    total: "Total",
    included_taxes: "Sudah termasuk pajak",
    pick_up: "Pengambilan",
    pick_up_words: "Anda mengambil sendiri pesanan Anda.",
    goes_to: "Alamat pengiriman",
    order: "Pesanan",
    footer: "Anda menerima pesan ini karena pesanan {{ order.id }} Anda di {{ shop.name }}.",
  },
  stockLabels: {
    sku: "SKU",
    available: "Tersedia",
    threshold: "Batas stok",
    unsubscribe: "Berhenti menerima pesan seperti ini",
  },
};
