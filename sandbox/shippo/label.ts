import { type AddressFields, directionOf, type ShipmentRecord, type TransactionRecord } from "./records.ts";
import { serviceOf } from "./tariff.ts";

const INCH = 72;
const WIDTH = 4 * INCH;
const HEIGHT = 6 * INCH;
const MARGIN = 14;
const INNER = WIDTH - 2 * MARGIN;

/**
 * The label of a bought rate as a PDF of 4 × 6 inches. The libraries are loaded with the first label; an
 * installation without development dependencies has none, and the import fails then.
 */
export async function labelPdf({
  transaction,
  shipment,
}: {
  transaction: TransactionRecord;
  shipment: ShipmentRecord;
}): Promise<Uint8Array> {
  const rate = shipment.rates[Number.parseInt(transaction.rate.slice(30), 16) - 1];
  if (!rate) throw new Error(`transaction ${transaction.id} has lost its rate`);
  const [{ default: PDFDocument }, { toBuffer }] = await Promise.all([
    import("pdfkit"),
    import("bwip-js/node"),
  ]);
  const service = serviceOf(rate);
  const { from, to } = directionOf(shipment);
  const isReturn = from !== shipment.from;
  const number = transaction.tracking_number ?? "";
  const barcode = await toBuffer({ bcid: "code128", text: number, scale: 4, height: 18, paddingwidth: 0 });

  const doc = new PDFDocument({
    size: [WIDTH, HEIGHT],
    margin: 0,
    info: {
      Title: `Label ${number}`,
      Subject: "SAMPLE – NOT FOR POSTAGE",
      CreationDate: new Date(transaction.created),
    },
  });
  const chunks: Buffer[] = [];
  const done = new Promise<Buffer>((resolve, reject) => {
    doc.on("data", (chunk: Buffer) => chunks.push(chunk));
    doc.on("end", () => resolve(Buffer.concat(chunks)));
    doc.on("error", reject);
  });

  const text = (
    value: string,
    x: number,
    y: number,
    options: { size: number; bold?: boolean; width?: number; align?: "left" | "center" | "right" },
  ) =>
    doc
      .font(options.bold ? "Helvetica-Bold" : "Helvetica")
      .fontSize(options.size)
      .text(printable(value), x, y, {
        width: options.width ?? INNER,
        align: options.align ?? "left",
        lineBreak: false,
        ellipsis: true,
        height: options.size * 1.2,
      });
  const rule = (y: number, weight: number) =>
    doc
      .moveTo(MARGIN, y)
      .lineTo(WIDTH - MARGIN, y)
      .lineWidth(weight)
      .stroke();

  doc
    .rect(MARGIN / 2, MARGIN / 2, WIDTH - MARGIN, HEIGHT - MARGIN)
    .lineWidth(1.5)
    .stroke();
  text(service.carrier.toUpperCase(), MARGIN, 18, { size: 26, bold: true, width: INNER - 70 });
  const date = new Date(transaction.created).toISOString().slice(0, 10);
  text(`SHIP DATE ${date}`, MARGIN, 18, { size: 7, align: "right" });
  text(`WEIGHT ${weightOf(shipment)}`, MARGIN, 28, { size: 7, align: "right" });
  text(`ZONE ${rate.zone}`, MARGIN, 38, { size: 7, align: "right" });
  rule(52, 1.5);
  text(service.name.replace(`${service.carrier} `, "").toUpperCase(), MARGIN, 59, {
    size: 14,
    bold: true,
    align: "center",
  });
  rule(81, 3);

  let y = 90;
  for (const line of addressLines(from.fields)) {
    text(line, MARGIN, y, { size: 7.5 });
    y += 9.5;
  }

  text(isReturn ? "RETURN TO" : "SHIP TO", MARGIN, 156, { size: 8, bold: true });
  y = 168;
  for (const [index, line] of addressLines(to.fields).entries()) {
    text(line, MARGIN + 22, y, { size: 12, bold: index === 0, width: INNER - 22 });
    y += 15;
  }

  rule(262, 3);
  text(`${service.carrier.toUpperCase()} TRACKING #`, MARGIN, 270, { size: 9, bold: true, align: "center" });
  doc.image(barcode, MARGIN + 8, 285, { width: INNER - 16, height: 66 });
  text(number.replaceAll(/(.{4})(?=.)/g, "$1 "), MARGIN, 357, { size: 11, bold: true, align: "center" });
  rule(374, 3);

  if (transaction.metadata) text(`REF: ${transaction.metadata}`, MARGIN, 380, { size: 7.5 });
  if (shipment.customs) text("CUSTOMS DECLARED", MARGIN, 380, { size: 7.5, bold: true, align: "right" });
  doc.rect(MARGIN, 392, INNER, 22).fill("#000000");
  doc.fillColor("#ffffff");
  text("SAMPLE – NOT FOR POSTAGE", MARGIN, 397.5, { size: 12, bold: true, align: "center" });
  doc.end();
  return await done;
}

function addressLines(address: AddressFields): string[] {
  const city = [address.city, address.state, address.zip].filter(Boolean).join(" ");
  const country = new Intl.DisplayNames(["en"], { type: "region" }).of(address.country) ?? address.country;
  const street = [address.street_no, address.street1].filter(Boolean).join(" ");
  return [address.name, address.company, street, address.street2, city, country.toUpperCase()].filter(
    (line): line is string => line !== undefined && line !== "",
  );
}

function weightOf({ parcels }: ShipmentRecord): string {
  return parcels.map(({ fields }) => `${fields.weight} ${fields.mass_unit.toUpperCase()}`).join(" + ");
}

/** The PDF's own fonts have the Windows-1252 characters; accents of others are dropped, the rest becomes "?". */
function printable(text: string): string {
  return [...text.normalize("NFC")]
    .map((char) => (isLatin(char) ? char : char.normalize("NFD").replaceAll(/\p{M}/gu, "")))
    .map((char) => (isLatin(char) ? char : "?"))
    .join("");
}

function isLatin(char: string): boolean {
  return /^[\x20-\x7e\xa0-\xff–—‘’“”•…€™]*$/.test(char);
}
