// The files that `npm pack` would put into a package. usage: node pack.mjs FOLDER ; prints their names as JSON
import { execFileSync } from 'node:child_process';

const [packed] = JSON.parse(execFileSync('npm', ['pack', '--dry-run', '--json', '--offline'], { cwd: process.argv[2], stdio: ['ignore', 'pipe', 'ignore'] }));
console.log(JSON.stringify(packed.files.map(file => file.path)));
