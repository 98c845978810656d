// A library that nobody finds.
int ropeway_gone() { return 1; }
