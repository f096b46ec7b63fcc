import { describe, expect, test } from "vitest";
import {
  isAccountNumber,
  isReference,
  newAccountNumber,
  newReference,
  numbersIn,
} from "./transfer-numbers.ts";

const prefixes = { BCA_VA: "8808", BNI_VA: "9881234567" };

test.each([
  ["BCA_VA", /^8808\d{12}$/],
  ["BNI_VA", /^9881234567\d{6}$/],
  ["BANK_TRANSFER", /^88\d{14}$/],
  ["toString", /^88\d{14}$/],
])("account numbers of %s begin with its prefix", (bank, like) => {
  const numbers = Array.from({ length: 100 }, () => newAccountNumber(bank, prefixes));
  for (const number of numbers) {
    expect(number).toMatch(like);
    expect(isAccountNumber(number)).toBe(true);
  }
});

describe("a check digit of ISO/IEC 7812-1", () => {
  // The example of the standard's annex, and cards that everybody tests with.
  test.each(["79927398713", "4242424242424242", "4000000000000002"])("%s is right", (number) => {
    expect(isAccountNumber(number)).toBe(true);
  });
  test.each(["79927398710", "4242424242424241", "", "1", "88x8"])("%o is wrong", (number) => {
    expect(isAccountNumber(number)).toBe(false);
  });
  test("finds every wrong digit", () => {
    const number = newAccountNumber("BCA_VA", prefixes);
    for (let place = 0; place < number.length; place++) {
      const digit = (Number(number[place]) + 1) % 10;
      expect(isAccountNumber(number.slice(0, place) + digit + number.slice(place + 1))).toBe(false);
    }
  });
});

describe("a creditor reference of ISO 11649", () => {
  test("new ones are right, and each is another", () => {
    const references = Array.from({ length: 200 }, newReference);
    expect(new Set(references).size).toBe(200);
    for (const reference of references) {
      expect(reference).toMatch(/^RF\d\d[0-9A-HJKMNP-TV-Z]{10}$/);
      expect(isReference(reference)).toBe(true);
    }
  });
  // RF18… is the standard's own example.
  test.each(["RF18539007547034", "RF24A3K9P0WXT2"])("%s is right", (text) => {
    expect(isReference(text)).toBe(true);
  });
  test.each(["RF19539007547034", "RF18539007547043", "RF18", "XX18539007547034"])("%s is wrong", (text) => {
    expect(isReference(text)).toBe(false);
  });
});

describe("what people and banks make of a number", () => {
  const reference = "RF24A3K9P0WXT2";
  const account = "8808123456789010";
  test.each([
    [reference, reference],
    ["rf24a3k9p0wxt2", reference],
    ["RF24 A3K9 P0WX T2", reference],
    ["RF24-A3K9-P0WX-T2", reference],
    ["RF24 A3K9 POWX T2", reference], // the letter O
    [`TRANSFER FROM ADA, ${reference}, thanks`, reference],
    ["TRANSFER FROM ADA RF24 A3K9 P0WX T2 THANKS", reference],
    [`INV:${reference}/2026`, reference],
    [account, account],
    ["8808 1234 5678 9010", account],
    ["8808-1234-5678-9010", account],
    [`VA ${account} ADA`, account],
    ["RLABCDEFGH23", "RLABCDEFGH23"],
  ])("%s", (text, number) => {
    expect(numbersIn(text)).toContain(number);
  });
  test("nothing in nothing", () => expect(numbersIn(" -- ")).toEqual([]));
});
