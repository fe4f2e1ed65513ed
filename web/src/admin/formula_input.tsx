/* The editor lives in its own room; set-up screens take it from here. */
export { FormulaInput, type FormulaState } from "@/formula/input.tsx";
