// Writes .env.example from the settings. Run it after `npm run build`; a test fails on drift.
import { writeFileSync } from 'node:fs';
import { renderEnvExample } from '../dist/config/env-example.js';

const target = new URL('../.env.example', import.meta.url);
writeFileSync(target, renderEnvExample());
