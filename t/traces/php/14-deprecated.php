<?php
ini_set("display_errors", "0");
ini_set("log_errors", "1");
ini_set("error_log", "");

trigger_error("pay() will go;\nuse settle() instead", E_USER_DEPRECATED);
