// What a command says to the person who called it: plain lines, answers on standard output, complaints on standard error.
// Logs go elsewhere (log.ts).

export interface Terminal {
  print(line: string): void
  complain(line: string): void
}

export const systemTerminal: Terminal = {
  print: (line) => void process.stdout.write(`${line}\n`),
  complain: (line) => void process.stderr.write(`${line}\n`),
}
