import type { Carrier } from "./tariff.ts";

/** A tracking number as the carrier writes them, with its check digit; the same for the same transaction. */
export function trackingNumber({ carrier, transaction }: { carrier: Carrier; transaction: string }): string {
  const digits = BigInt(`0x${transaction}`).toString().padStart(40, "0");
  switch (carrier) {
    case "USPS": {
      const body = `92055901755477${digits.slice(-7)}`;
      return body + mod10(body);
    }
    case "UPS": {
      const body = `R0W10C03${digits.slice(-7)}`;
      return `1Z${body}${upsCheck(body)}`;
    }
    case "FedEx": {
      const body = `79${digits.slice(-9)}`;
      return body + fedexCheck(body);
    }
    case "DHL Express": {
      const body = digits.slice(-9);
      return body + String(Number(body) % 7);
    }
  }
}

export function trackingUrl({ carrier, number }: { carrier: Carrier; number: string }): string {
  switch (carrier) {
    case "USPS":
      return `https://tools.usps.com/go/TrackConfirmAction_input?origTrackNum=${number}`;
    case "UPS":
      return `https://www.ups.com/track?tracknum=${number}`;
    case "FedEx":
      return `https://www.fedex.com/fedextrack/?trknbr=${number}`;
    case "DHL Express":
      return `https://www.dhl.com/en/express/tracking.html?AWB=${number}`;
  }
}

/** Weights 3 and 1 from the right (USPS Publication 97). */
function mod10(digits: string): string {
  const sum = [...digits]
    .reverse()
    .reduce((total, digit, index) => total + Number(digit) * (index % 2 === 0 ? 3 : 1), 0);
  return String((10 - (sum % 10)) % 10);
}

/** Letters count as (code − 63) mod 10; every second character counts double. */
function upsCheck(body: string): string {
  const sum = [...body].reduce((total, char, index) => {
    const value = /\d/.test(char) ? Number(char) : (char.charCodeAt(0) - 63) % 10;
    return total + value * (index % 2 === 0 ? 1 : 2);
  }, 0);
  return String((10 - (sum % 10)) % 10);
}

/** Weights 3, 1, 7 from the left, modulo 11. */
function fedexCheck(body: string): string {
  const weights = [3, 1, 7];
  const sum = [...body].reduce((total, digit, index) => total + Number(digit) * (weights[index % 3] ?? 1), 0);
  return String((sum % 11) % 10);
}
