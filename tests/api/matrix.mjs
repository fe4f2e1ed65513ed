export async function matrixRun() {}
