<?php
ini_set("display_errors", "0");
ini_set("log_errors", "1");
ini_set("error_log", "");

interface Job
{
    public function run(): void;
}

function attempt(Job $job): void
{
    try {
        $job->run();
    } catch (Throwable $error) {
        error_log("Job failed: " . $error);
    }
}

attempt(new class () implements Job {
    public function run(): void
    {
        intdiv(1, 0);
    }
});
