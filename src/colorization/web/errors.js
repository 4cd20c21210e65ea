// What is wrong with what was asked, in one line for the user; as core/errors.py.

export class InputError extends Error {
  told = true;
}
