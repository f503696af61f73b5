"""The program that `lienthong serve` runs: one house behind HTTP, for the API and the pages."""
