import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** One row of the bench. */
export interface Figure {
  readonly unit: string;
  readonly median: number;
  readonly samples: readonly number[];
  /** By what the figure was divided by. */
  readonly ratios: Readonly<Record<string, number>>;
}

/** The row of a peer that could not be measured. */
export interface Missing {
  readonly notAvailable: string;
}

/** One aim, and whether it holds. */
export interface Aim {
  readonly aim: string;
  readonly value: number;
  readonly unit: string;
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly holds: boolean;
}

/** What a part of the bench measured: samples, those of one round at the same place. */
export type Measured = Readonly<
  Record<string, { readonly unit?: string; readonly samples: readonly number[] } | Missing>
>;

interface BenchReport {
  readonly parts: Readonly<Record<string, Readonly<Record<string, Figure | Missing>>>>;
  readonly aims: readonly Aim[];
}

interface ReportModule {
  reportOn(parts: Readonly<Record<string, Measured>>): BenchReport;
  tableOf(report: BenchReport): string;
}

/** The module of the bench that turns samples into ratios and aims. */
export async function loadReport(): Promise<ReportModule> {
  const path = resolve(import.meta.dirname, '../../scripts/bench/report.mjs');
  return import(pathToFileURL(path).href);
}
