/** A bank account as somebody needs to know it who transfers money to it; what does not apply is empty. */
export interface BankAccount {
  holder: string;
  bankName: string;
  /** The IBAN where the country has one, the CLABE in Mexico, else the account number. */
  number: string;
  bic: string;
  /** The routing number (US), the sort code (GB), the bank code (JP). */
  bankCode: string;
  /** In Japan. */
  branchCode: string;
  /** Where a transfer has to name it. */
  accountType: string;
  /** ISO 3166-1 alpha-2. */
  countryCode: string;
}
