"""Thresholds that are measured: right and wrong answers, made many times over, judged by the very checks that grade."""
