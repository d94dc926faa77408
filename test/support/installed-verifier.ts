/**
 * A program that names what operators install, `@sealwright/verifier`, as it runs in the folder of
 * this project: by the same doors of the project's own package, which lead to the same build.
 */
export function asInstalled(program: string): string {
  return program.replaceAll("'@sealwright/verifier", "'sealwright/verifier");
}
